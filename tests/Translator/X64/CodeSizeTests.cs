using System.Runtime.Intrinsics.X86;
using System.Text;
using System.Text.RegularExpressions;
using Iced.Intel;
using Tcg.Mttcg.SelfTest.Isa;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.SelfTest.Oracle;
using Tcg.Mttcg.Translator.Host.X64;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>
/// The host code of each mnemonic's common forms, as text that reviews show when it changes: bytes of the way without faults, bytes in all, the instructions of
/// that way. <c>MTTCG_BLESS=1</c> writes the files anew.
/// </summary>
[Collection(HostPages.Collection)]
public partial class CodeSizeTests
{
    /// <summary>The poll of the exit request, which every block begins with.</summary>
    private const int HeadBytes = 13;

    public static TheoryData<string> Groups() => [.. IsaGroups.All.Where(group => CommonForms.Of(group).Any()).Select(group => group.Name)];

    [Theory]
    [MemberData(nameof(Groups))]
    public void Host_code_is_as_blessed(string group)
    {
        // Code differs on a host without them.
        if (!X64BackEnd.IsSupported || !Bmi2.IsSupported || !Avx2.IsSupported) return;
        var path = Path.Combine(Folder(), FileName(group));
        var actual = Write(group);
        if (Environment.GetEnvironmentVariable("MTTCG_BLESS") == "1")
        {
            Directory.CreateDirectory(Folder());
            File.WriteAllText(path, actual);
        }
        var expected = File.Exists(path) ? File.ReadAllLines(path) : [];
        var lines = actual.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var changed = lines.Except(expected).Select(line => $"+ {line}").Concat(expected.Except(lines).Select(line => $"- {line}")).ToArray();
        Assert.True(changed.Length == 0, $"{FileName(group)} (MTTCG_BLESS=1 accepts):\n{string.Join('\n', changed.Take(30))}");
    }

    private static string Write(string group)
    {
        using var machine = TestMachine.With(Engine.Interpreter);
        using var arena = new Arena(machine);
        using var backEnd = new OracleBackEnd(translated: true);
        var guest = new GuestRunner(machine, OracleMode.Long, backEnd);
        var text = new StringBuilder();
        foreach (var form in CommonForms.Of(IsaGroups.All.Single(some => some.Name == group)))
        {
            guest.SetCode(form.Bytes, 1, optimise: true);
            text.Append(Line(form, guest)).Append('\n');
        }
        return text.ToString();
    }

    private static string Line(Form form, GuestRunner guest)
    {
        var block = guest.Translation;
        var hot = new List<string>();
        var end = 0;
        foreach (Match line in HostInstruction().Matches(guest.Listing()))
        {
            var at = (int)(Convert.ToUInt64(line.Groups[1].Value, 16) - block.Entry);
            if (at < HeadBytes || at >= block.ExitStubOffset - block.CodeOffset) continue;
            hot.Add(Spaces().Replace(line.Groups[3].Value.Trim(), " "));
            end = at + line.Groups[2].Value.Length / 2;
        }
        return $"{form.Instruction} | {Math.Max(0, end - HeadBytes)} {block.CodeBytes} | {Compact(string.Join("; ", hot))}";
    }

    // What every access does, and where jumps out of the way go, would only hide the rest.
    private static string Compact(string code) => Elsewhere().Replace(TlbWrite().Replace(TlbRead().Replace(code, "<tlb read>"), "<tlb write>"), "<out>");

    private static string FileName(string group) => Regex.Replace(group.ToLowerInvariant(), "[^a-z0-9]+", "-") + ".txt";

    private static string Folder()
    {
        var directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Tcg.Mttcg.sln"))) directory = Path.GetDirectoryName(directory);
        return Path.Combine(directory ?? throw new InvalidOperationException("the tests run outside the repository"), "tests", "Translator", "X64", "CodeSize");
    }

    [GeneratedRegex(@"^(0x[0-9a-f]+):  ([0-9a-f]+)\s+(.*)$", RegexOptions.Multiline)]
    private static partial Regex HostInstruction();

    [GeneratedRegex(@"rorx ecx,edx,7; and ecx,\[rbp\+0x\w+\]; xor rdx,\[rbp\+rcx\+0x\w+00\]; cmp rdx,0x\w+; ja near \+0x\w+; add rdx,\[rbp\+rcx\+0x\w+18\]")]
    private static partial Regex TlbRead();

    [GeneratedRegex(@"rorx ecx,edx,7; and ecx,\[rbp\+0x\w+\]; xor rdx,\[rbp\+rcx\+0x\w+08\]; cmp rdx,0x\w+; ja near \+0x\w+; add rdx,\[rbp\+rcx\+0x\w+18\]")]
    private static partial Regex TlbWrite();

    [GeneratedRegex(@"(near )?(?<=[ ])\+0x[0-9a-f]+")]
    private static partial Regex Elsewhere();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();
}
