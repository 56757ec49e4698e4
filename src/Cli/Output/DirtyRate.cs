using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>How fast a guest dirties its RAM: distinct pages that are stored to within a period. What a live migration would have to send again.</summary>
internal sealed class DirtyRate(EmulatedMachine machine)
{
    public const int MostSeconds = 60;
    private const double BytesPerMegabyte = 1 << 20;

    private Task<double>? _rate;
    private int _seconds;

    public bool IsMeasuring => _rate is { IsCompleted: false };

    /// <summary>Not while it measures.</summary>
    public void Measure(int seconds)
    {
        _seconds = seconds;
        _rate = MeasureAsync();
    }

    public string Describe()
    {
        if (_rate is not { } rate) return "Status: unstarted";
        if (!rate.IsCompleted) return $"Status: measuring{Environment.NewLine}Period: {_seconds} (sec)";
        if (!rate.IsCompletedSuccessfully) return rate.Exception!.InnerException!.Message;
        return $"Status: measured{Environment.NewLine}Period: {_seconds} (sec){Environment.NewLine}Dirty rate: {rate.Result:0.0} (MiB/s)";
    }

    private async Task<double> MeasureAsync()
    {
        await machine.TakeDirtyPagesAsync().ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromSeconds(_seconds)).ConfigureAwait(false);
        var dirty = await machine.TakeDirtyPagesAsync().ConfigureAwait(false);
        return dirty.Count * (long)PageSize.Bytes / BytesPerMegabyte / _seconds;
    }
}
