using System.Diagnostics;

namespace Tcg.Mttcg.Machine.Tests.Storage;

/// <summary>QEMU's own tool for images, as the judge of ours.</summary>
internal static class QemuImg
{
    private const string Program = "qemu-img";
    private const int OnlyLeaks = 3;

    public static bool IsThere { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, Program)));

    /// <summary>Exit code 0, or the test fails with what the tool said.</summary>
    public static void Run(params string[] arguments)
    {
        var (code, text) = Try(arguments);
        Assert.True(code == 0, $"qemu-img {string.Join(' ', arguments)}: {text}");
    }

    /// <param name="mayLeak">Clusters that nobody uses may be counted as used.</param>
    public static void Check(string path, bool mayLeak = false)
    {
        var (code, text) = Try("check", "-f", "qcow2", path);
        Assert.True(code == 0 || (mayLeak && code == OnlyLeaks), $"qemu-img check: {text}");
    }

    public static (int Code, string Text) Try(params string[] arguments)
    {
        using var tool = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = tool.StandardError.ReadToEndAsync();
        var text = tool.StandardOutput.ReadToEnd() + error.Result;
        tool.WaitForExit();
        return (tool.ExitCode, text);
    }
}

/// <summary>A test that asks qemu-img. Without it the test is skipped, but where CI is true it runs, and fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class QemuImgFactAttribute : FactAttribute
{
    public QemuImgFactAttribute()
    {
        if (!QemuImg.IsThere && Environment.GetEnvironmentVariable("CI") != "true") Skip = "qemu-img (package qemu-utils) is missing";
    }
}

/// <inheritdoc cref="QemuImgFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class QemuImgTheoryAttribute : TheoryAttribute
{
    public QemuImgTheoryAttribute()
    {
        if (!QemuImg.IsThere && Environment.GetEnvironmentVariable("CI") != "true") Skip = "qemu-img (package qemu-utils) is missing";
    }
}
