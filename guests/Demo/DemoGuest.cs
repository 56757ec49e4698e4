using Tcg.Mttcg.Guests.BareMetal;

namespace Tcg.Mttcg.Guests.Demo;

/// <summary>
/// The kernel behind <c>mttcg demo</c>: every CPU says hello, they draw a Mandelbrot set row by row, contend for locks, run code that another CPU
/// patches, and have a page remapped under them. It reports on the serial port, one line each:
/// <code>
/// hello CPU            a CPU arrived
/// row CPU ROW TEXT     a row of the picture
/// check NAME VALUE     0: passed
/// done FAILURES
/// </code>
/// Numbers are hexadecimal. It ends with the number of failures as the debug-exit value.
/// </summary>
public static class DemoGuest
{
    public const int Columns = 76, Rows = 22;

    /// <summary>How many checks it reports.</summary>
    public const int Checks = 4;
    private const int Iterations = 3000, LockRounds = 5000, PatchRounds = 1000, RemapRounds = 200;
    private const double Left = -2.1, Top = -1.2, Width = 2.9, Height = 2.4;

    public static GuestImage Build()
    {
        var program = new GuestProgram("demo");
        var pieces = new DemoPieces(program);
        program.Main();
        pieces.SetUp();
        pieces.Hello();
        program.Barrier(DemoMap.Barrier);
        pieces.Draw(Columns, Rows, Iterations, Left, Top, Width / Columns, Height / Rows);
        program.Barrier(DemoMap.Barrier);
        pieces.ContendForLocks(LockRounds);
        program.Barrier(DemoMap.Barrier);
        pieces.PatchCode(PatchRounds);
        program.Barrier(DemoMap.Barrier);
        pieces.RemapPage(RemapRounds);
        program.Barrier(DemoMap.Barrier);
        pieces.Finish();
        return program.Build();
    }
}
