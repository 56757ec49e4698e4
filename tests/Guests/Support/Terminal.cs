using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Tcg.Mttcg.Guests.Tests.Support;

/// <summary>A pseudo terminal (pty(7)): a program gets <see cref="Path"/>, the test is its screen and keyboard.</summary>
internal sealed partial class Terminal : IDisposable
{
    private const int ReadWrite = 2, NoControllingTerminal = 0x100, TermiosBytes = 128;

    private readonly FileStream _screen;
    private readonly SafeFileHandle _slave;
    private readonly StringBuilder _shown = new();
    private readonly Task _reading;

    public Terminal()
    {
        var master = new SafeFileHandle(posix_openpt(ReadWrite | NoControllingTerminal), ownsHandle: true);
        var name = new byte[64];
        if (master.IsInvalid || grantpt(master) != 0 || unlockpt(master) != 0 || ptsname_r(master, name, name.Length) != 0)
            throw new IOException("the host has no pseudo terminals");
        Path = Encoding.ASCII.GetString(name.AsSpan(0, Array.IndexOf(name, (byte)0)));
        _slave = File.OpenHandle(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        _screen = new FileStream(master, FileAccess.ReadWrite, bufferSize: 0);
        _reading = Task.Factory.StartNew(Read, TaskCreationOptions.LongRunning);
    }

    public string Path { get; }

    /// <summary>What programs wrote so far.</summary>
    public string Shown
    {
        get
        {
            lock (_shown) return _shown.ToString();
        }
    }

    /// <summary>How lines, keys and signals are treated: struct termios.</summary>
    public byte[] Modes
    {
        get
        {
            var modes = new byte[TermiosBytes];
            return tcgetattr(_slave, modes) == 0 ? modes : throw new IOException("no terminal");
        }
    }

    public void Type(string keys) => _screen.Write(Encoding.ASCII.GetBytes(keys));

    public void Dispose()
    {
        // The last reader of the other end being gone is what ends the read.
        _slave.Dispose();
        _reading.Wait(Boot.Limit);
        _screen.Dispose();
    }

    private void Read()
    {
        var batch = new byte[4096];
        try
        {
            for (int count; (count = _screen.Read(batch)) > 0;)
            {
                lock (_shown) _shown.Append(Encoding.Latin1.GetString(batch, 0, count));
            }
        }
        catch (IOException)
        {
            // EIO: the other end is closed.
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int grantpt(SafeFileHandle master);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlockpt(SafeFileHandle master);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ptsname_r(SafeFileHandle master, [Out] byte[] name, nint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(SafeFileHandle descriptor, [Out] byte[] modes);
}
