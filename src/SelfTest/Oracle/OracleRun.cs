using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>
/// Runs every encoding of every liftable mnemonic that user code may run, in every mode, natively and in the back ends. Each encoding gets the same share of
/// the cases, in forms of random operands, each form on many sets of registers and memory. The same options give the same cases on the same host.
/// </summary>
public sealed class OracleRun(OracleOptions options, Action<OracleProgress>? report = null)
{
    private const int MostStatesPerForm = 32, FormsPerEncoding = 4, MostFailures = 20, ReportEvery = 512;

    private readonly Dictionary<Mnemonic, long> _ran = [];
    private readonly List<OracleFailure> _failures = [];
    private long _done;
    private int _mismatches;

    /// <summary>This host can be the oracle.</summary>
    public static bool IsSupported => NativeRunner.IsSupported;

    public OracleSummary Run(CancellationToken cancel = default)
    {
        var plans = options.Modes.Select(mode => (Mode: mode, Encodings: Encodings(mode))).ToArray();
        var all = plans.Sum(plan => plan.Encodings.Length);
        foreach (var (mode, encodings) in plans)
        {
            if (encodings.Length == 0) continue;
            Run(mode, encodings, Math.Max(1, options.Cases * encodings.Length / all), cancel);
        }
        return new(_done, _ran, _mismatches, _failures);
    }

    private OpCodeInfo[] Encodings(OracleMode mode)
    {
        var source = new FormSource(new RandomValues(0), mode);
        return
        [
            .. LiftTable.Rows.Where(row => options.Only is not { } only || row.Mnemonic == only)
                .SelectMany(row => source.EncodingsOf(row.Mnemonic)).Where(info => !Exclusions.Has(info) && (!NearBranches.Has(info) || NearBranches.Reaches(info, mode))),
        ];
    }

    private void Run(OracleMode mode, OpCodeInfo[] encodings, long cases, CancellationToken cancel)
    {
        using var bench = new OracleBench(mode, options.BackEnds);
        var statesPerForm = (int)Math.Clamp(cases / encodings.Length / FormsPerEncoding, 1, MostStatesPerForm);
        var broken = new HashSet<Code>();
        var end = _done + cases;
        for (var round = 0; _done < end; round++)
        {
            var before = _done;
            for (var index = 0; index < encodings.Length && _done < end; index++)
            {
                cancel.ThrowIfCancellationRequested();
                var info = encodings[index];
                if (broken.Contains(info.Code)) continue;
                var random = new RandomValues(((long)options.Seed << 40) ^ ((long)(mode.Bitness + (mode.IsSegmented ? 1 : 0)) << 33) ^ ((long)(int)info.Code << 20) ^ round);
                if (RunForm(mode, bench, info, random, round, (int)Math.Min(statesPerForm, end - _done))) continue;
                broken.Add(info.Code);
                _mismatches++;
            }
            // Nothing that is left can run.
            if (_done == before) break;
        }
    }

    // False: the encoding differs.
    private bool RunForm(OracleMode mode, OracleBench bench, OpCodeInfo info, RandomValues random, int round, int states)
    {
        var source = new FormSource(random, mode);
        if ((source.Draw(info, memory: (round & 1) != 0) ?? source.Draw(info, memory: (round & 1) == 0)) is not { } form) return true;
        var optimise = random.Below(4) != 0;
        if (bench.SetForm(form, optimise) is { } refusal) return Fail(new OracleCase(mode, form, optimise, default, []), refusal, bench);
        var scenario = new Scenario(random, bench.Arena, mode);
        for (var state = 0; state < states; state++)
        {
            if (!scenario.Draw(form.Instruction, out var registers)) continue;
            if (bench.Compare(registers) is { } difference) return Fail(new OracleCase(mode, form, optimise, registers, bench.Arena.Remembered.ToArray()), difference, bench);
            _ran[info.Mnemonic] = _ran.GetValueOrDefault(info.Mnemonic) + 1;
            if (++_done % ReportEvery == 0) report?.Invoke(new(mode, _done, options.Cases, _mismatches));
        }
        return true;
    }

    private bool Fail(OracleCase found, string difference, OracleBench bench)
    {
        if (_failures.Count >= MostFailures) return false;
        var small = Shrinking.Shrink(found, bench);
        bench.SetForm(small.Form, small.Optimise);
        _failures.Add(new(found.Mode, found.Form.ToString(), small.Run(bench) ?? difference, small.Test(options.Seed)));
        return false;
    }
}
