using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Iced.Intel;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Makes a failing case small with FsCheck: every register and word of memory that can be its default is.</summary>
internal static unsafe class Shrinking
{
    private const int GprWords = 16, FlagsWord = 16, MxCsrWord = 17, VectorWord = 18, VectorWords = 16 * Registers.VectorBytes / 8, X87Word = VectorWord + VectorWords;
    private const int LaneWords = Registers.VectorBytes / 8, StackPointer = 4, FramePointer = 5;

    public static OracleCase Shrink(OracleCase found, OracleBench bench)
    {
        var fixedWords = FixedWords(found.Form.Instruction);
        var memoryIsFixed = Preparation.IsOfMemory(found.Form.Instruction) || Scenario.PreparesMemory(found.Form.Instruction);
        var smallest = found;
        bool Agrees(OracleCase some)
        {
            if (!Scenario.CanRun(some, bench.Arena) || some.Run(bench) is null) return true;
            smallest = some;
            return false;
        }

        var cases = Arb.From(Gen.Constant(found), some => Smaller(some, fixedWords, memoryIsFixed));
        Check.One(Config.Quick.WithMaxTest(1).WithRunner(new Silent()), Prop.ForAll(cases, Agrees));
        return smallest;
    }

    // Whole parts first, then words; a word to its default, then to fewer bits.
    private static IEnumerable<OracleCase> Smaller(OracleCase some, bool[] fixedWords, bool memoryIsFixed)
    {
        var words = Words(some.Registers);
        var plain = Words(Registers.Default);
        if (!memoryIsFixed && some.Memory.AsSpan().ContainsAnyExcept((byte)0)) yield return some with { Memory = new byte[some.Memory.Length] };
        foreach (var (first, count) in new[] { (0, GprWords), (VectorWord, VectorWords), (X87Word, words.Length - X87Word) })
        {
            var copy = (ulong[])words.Clone();
            for (var index = first; index < first + count; index++) copy[index] = fixedWords[index] ? words[index] : plain[index];
            if (!copy.SequenceEqual(words)) yield return some with { Registers = Of(copy) };
        }
        for (var index = 0; index < words.Length; index++)
        {
            if (fixedWords[index]) continue;
            foreach (var value in Smaller(words[index], plain[index], index is < GprWords or >= VectorWord and < X87Word))
            {
                var copy = (ulong[])words.Clone();
                copy[index] = value;
                yield return some with { Registers = Of(copy) };
            }
        }
        for (var at = 0; !memoryIsFixed && at < some.Memory.Length; at += 8)
        {
            if (!some.Memory.AsSpan(at, 8).ContainsAnyExcept((byte)0)) continue;
            var copy = (byte[])some.Memory.Clone();
            copy.AsSpan(at, 8).Clear();
            yield return some with { Memory = copy };
        }
    }

    private static IEnumerable<ulong> Smaller(ulong value, ulong plain, bool anyBits)
    {
        if (value == plain) yield break;
        yield return plain;
        if (!anyBits) yield break;
        foreach (var mask in (ulong[])[0xff, 0xffff, 0xffff_ffff, 0xffff_ffff_0000_0000])
        {
            if ((value & mask) != value) yield return value & mask;
        }
        if ((value & (value - 1)) != 0) yield return value & (value - 1);
    }

    // What addresses memory stays: natively a wrong address ends the process.
    private static bool[] FixedWords(in Instruction instruction)
    {
        var words = new bool[sizeof(Registers) / 8];
        words[StackPointer] = true;
        foreach (var memory in new InstructionInfoFactory().GetInfo(instruction).GetUsedMemory())
        {
            Fix(words, memory.Base);
            Fix(words, memory.Index);
        }
        words[FramePointer] |= instruction.Mnemonic is Mnemonic.Enter or Mnemonic.Leave;
        if (Preparation.IsOfRegister(instruction)) Fix(words, instruction.Op0Register);
        if (Scenario.AddressesBits(instruction)) Fix(words, instruction.Op1Register);
        return words;
    }

    private static void Fix(bool[] words, Register register)
    {
        if (register == Register.None || register.IsSegmentRegister() || register is Register.RIP or Register.EIP) return;
        var number = register.GetFullRegister().GetNumber();
        if (!register.IsVectorRegister()) words[number] = true;
        else words.AsSpan(VectorWord + number * LaneWords, LaneWords).Fill(true);
    }

    private static ulong[] Words(Registers registers) => MemoryMarshal.Cast<byte, ulong>(new ReadOnlySpan<byte>(&registers, sizeof(Registers))).ToArray();

    private static Registers Of(ulong[] words)
    {
        fixed (ulong* at = words) return *(Registers*)at;
    }

    // The run prints, not FsCheck.
    private sealed class Silent : IRunner
    {
        public void OnStartFixture(Type t) { }

        public void OnArguments(int ntest, FSharpList<object> args, FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> every) { }

        public void OnShrink(FSharpList<object> args, FSharpFunc<FSharpList<object>, string> everyShrink) { }

        public void OnFinished(string name, TestResult testResult) { }
    }
}
