using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// Runs a <see cref="TsoTest"/>: in each step between two barriers its threads go through many independent copies of the variables in the same order; then
/// one of them looks at what came out and clears the variables. With more CPUs than threads, several groups run at once.
/// </summary>
public static class TsoGuest
{
    /// <summary>Copies of the variables, each with lines of its own, and one line more.</summary>
    public const int Copies = 64;

    private const int CopyBytes = 384, VariableBytes = 128, Contended = 2 * VariableBytes, ResultBytes = 16;
    private const uint Results = 0x8000;

    public static GuestImage Build(TsoTest test, uint steps)
    {
        ArgumentNullException.ThrowIfNull(test);
        var litmus = new LitmusProgram("tso-" + test.Name, mustRelax: test.Allowed);
        var c = litmus.C;
        litmus.Rounds(steps, () =>
        {
            TakePart(c, litmus, test);
            for (var thread = 0; thread < test.Threads.Length; thread++)
            {
                var (actions, part) = (test.Threads[thread], thread);
                c.cmp(r9d, thread);
                litmus.IfElse(a => a.jne, () => Run(litmus, actions, part));
            }
            litmus.Meet();
            c.test(r9d, r9d);
            litmus.IfElse(a => a.jne, () => Judge(litmus, test));
        });
        return litmus.Finish();
    }

    // Group in R8, thread in R9; the group's area in RBP, this thread's results in R10. The parts go around with the rounds: on a host with fewer cores,
    // some pairs of CPUs never run at the same time.
    private static void TakePart(Assembler c, LitmusProgram litmus, TsoTest test)
    {
        c.lea(eax, __[rbx + r13]);
        c.xor(edx, edx);
        c.div(r12d);
        c.mov(eax, edx);
        c.xor(edx, edx);
        c.mov(ecx, test.Threads.Length);
        c.div(ecx);
        c.mov(r8d, eax);
        c.mov(r9d, edx);
        c.imul(ebp, eax, (int)LitmusMap.PerCpuBytes * test.Threads.Length);
        c.add(ebp, (int)LitmusMap.PerCpu);
        c.imul(r10d, r9d, Copies * ResultBytes);
        c.lea(r10, __[rbp + r10 + Results]);
        // An incomplete group is thread -1: it only meets.
        c.inc(eax);
        c.imul(eax, eax, test.Threads.Length);
        c.cmp(eax, r12d);
        litmus.IfElse(a => a.jbe, () => c.mov(r9d, -1));
    }

    private static void Run(LitmusProgram litmus, TsoAction[] actions, int thread)
    {
        var c = litmus.C;
        // Who is ahead, and by how much, changes from round to round.
        c.mov(ecx, r13d);
        c.shr(ecx, (byte)(thread * 5));
        c.and(ecx, 31);
        c.inc(ecx);
        Label wait = c.CreateLabel();
        litmus.Here(ref wait);
        c.dec(ecx);
        c.jne(wait);
        AssemblerRegister32[] loaded = [eax, edx];
        c.mov(rsi, rbp);
        c.mov(rdi, r10);
        litmus.Repeat(ecx, Copies, () =>
        {
            var loads = 0;
            // A line that all write: while it comes from another core, the stores behind it wait in the buffer, and loads go past them.
            c.mov(__dword_ptr[rsi + Contended], ecx);
            foreach (var action in actions)
            {
                var place = __dword_ptr[rsi + action.Variable * VariableBytes];
                switch (action.Step)
                {
                    case TsoStep.Store: c.mov(place, action.Value); break;
                    case TsoStep.Load: c.mov(loaded[loads++], place); break;
                    case TsoStep.Fence: c.mfence(); break;
                    case TsoStep.Locked: c.@lock.or(__dword_ptr[rsp], 0); break;
                }
            }
            for (var load = 0; load < loads; load++) c.mov(__dword_ptr[rdi + load * 4], loaded[load]);
            c.add(rsi, CopyBytes);
            c.add(rdi, ResultBytes);
        });
    }

    private static void Judge(LitmusProgram litmus, TsoTest test)
    {
        var c = litmus.C;
        c.mov(rsi, rbp);
        c.lea(rdi, __[rbp + Results]);
        litmus.Repeat(ecx, Copies, () =>
        {
            var other = c.CreateLabel();
            foreach (var term in test.Outcome)
            {
                if (term.Thread < 0) c.cmp(__dword_ptr[rsi + term.Index * VariableBytes], term.Value);
                else c.cmp(__dword_ptr[rdi + term.Thread * Copies * ResultBytes + term.Index * 4], term.Value);
                c.jne(other);
            }
            if (test.Allowed) litmus.Relax();
            else litmus.Forbid();
            litmus.Here(ref other);
            c.mov(__dword_ptr[rsi], 0);
            c.mov(__dword_ptr[rsi + VariableBytes], 0);
            c.add(rsi, CopyBytes);
            c.add(rdi, ResultBytes);
        });
    }
}
