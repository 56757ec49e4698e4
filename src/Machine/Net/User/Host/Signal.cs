namespace Tcg.Mttcg.Machine.Net.User.Host;

/// <summary>A note left for one task: setting it twice is setting it once. Whoever waits goes on elsewhere, never inside <see cref="Set"/>.</summary>
internal sealed class Signal
{
    private readonly SemaphoreSlim _set = new(0, 1);

    /// <summary>Only called under one lock.</summary>
    public void Set()
    {
        if (_set.CurrentCount == 0) _set.Release();
    }

    public Task WaitAsync(CancellationToken cancel) => _set.WaitAsync(cancel);
}
