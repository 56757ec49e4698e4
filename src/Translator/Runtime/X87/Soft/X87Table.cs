namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>All routines by encoding, joined from the families; two for one encoding are an error at start-up.</summary>
internal static unsafe class X87Table
{
    private const int Forms = 0x100;

    private static readonly delegate*<ref X87Unit, void>[] Bodies = Join();

    /// <summary>Null: no such routine.</summary>
    public static delegate*<ref X87Unit, void> Find(int escape, int modRm) => Bodies[escape * Forms + (modRm < 0xc0 ? modRm >> 3 & 7 : modRm)];

    private static delegate*<ref X87Unit, void>[] Join()
    {
        var bodies = new delegate*<ref X87Unit, void>[8 * Forms];
        X87Row[][] families = [X87Loads.Rows, X87Stores.Rows, X87Alu.Rows, X87Comparisons.Rows, X87Moves.Rows, X87Unary.Rows];
        foreach (var row in families.SelectMany(family => family))
        {
            for (var form = row.ModRm; form < row.ModRm + row.Count; form++)
            {
                if (bodies[row.Escape * Forms + form] != null) throw new InvalidOperationException($"two routines for {0xd8 + row.Escape:x} {form:x}");
                bodies[row.Escape * Forms + form] = row.Body;
            }
        }
        return bodies;
    }
}
