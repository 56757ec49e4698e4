using System.Text.RegularExpressions;

namespace Tcg.Mttcg.Architecture.Tests;

/// <summary>docs/tcg-map.md cannot lie about names: its paths, identifiers and tests exist, and no piece of QEMU that it promises is missing.</summary>
public class DocsTests
{
    private const string Map = "docs/tcg-map.md";
    private const string Header = "| name |";

    /// <summary>What the map must explain, as its first column calls it.</summary>
    private static readonly string[] Promised =
    [
        "page_flush_tb", "PageDesc", "TB page_addr (two pages)", "tb_invalidate_phys_page_fast", "page_find", "page_find_alloc and its levels",
        "build_page_bitmap", "tb_invalidate_phys_page_range__locked", "SMC_BITMAP_USE_THRESHOLD", "tb_gen_code", "get_page_addr_code",
        "get_page_addr_code_hostp", "qemu_ram_addr_from_host_nofail", "tb_link_page", "tb_page_add", "invalidate_page_bitmap",
        "page_already_protected", "tlb_protect_code", "tcg_region_state", "tcg_region_reset_all", "tcg_target_qemu_prologue", "buf0/buf1",
        "static codes", "tcg_set_frame", "tcg_out_pool_finalize", "flush_icache_range", "tcg_register_jit", "ELF_HOST_MACHINE",
        "TCG_TARGET_NEED_POOL_LABELS", "tcg_tb_alloc", "one contiguous buffer for all TBs", "code_gen_highwater", "code_gen_ptr",
        "tcg_exec_init", "cpu_gen_init", "tcg_context_init", "page_init", "tb_htable_init", "code_gen_alloc", "tcg_prologue_init",
        "cpu.c: CPU model", "cpu.c: reset", "tcg-all.c: engine options", "cputlb.c: tags", "cputlb.c: mmu index", "cputlb.c: fill",
        "cputlb.c: victim", "cputlb.c: sizing", "cputlb.c: large pages", "cputlb.c: flush variants", "cputlb.c: dirty tracking",
        "cputlb.c: watchpoints", "cpu-exec.c: breakpoints", "cputlb.c: MMIO", "cputlb.c: ownership", "cputlb.c: atomics",
    ];

    public static TheoryData<string> Names() => [.. Promised];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_name_has_one_row(string name) => Assert.Single(Rows(), row => row.Name == name);

    [Fact]
    public void Every_row_is_a_promised_name() => Assert.Empty(Rows().Select(row => row.Name).Except(Promised));

    [Fact]
    public void Every_path_in_the_map_exists() => Assert.DoesNotContain(Rows().SelectMany(row => row.Paths), path => !File.Exists(InRepository(path)));

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_identifier_stands_in_a_file_of_its_row(string name)
    {
        var row = Rows().Single(row => row.Name == name);
        var text = string.Join('\n', row.Paths.Select(path => File.ReadAllText(InRepository(path))));
        Assert.DoesNotContain(row.Identifiers, identifier => !Regex.IsMatch(text, $@"(?<!\w){Regex.Escape(identifier)}(?!\w)"));
    }

    // A row either names its tests or says plainly that it has none and why.
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_row_names_tests_that_exist(string name)
    {
        var row = Rows().Single(row => row.Name == name);
        Assert.Empty(row.Tests.Except(Tests));
        Assert.True(row.Tests.Length > 0 || row.Proof.StartsWith("None:", StringComparison.Ordinal), $"{name} names no test");
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/architecture.md")]
    [InlineData("docs/quirks.md")]
    [InlineData(Map)]
    public void Every_link_leads_to_a_file(string page)
    {
        var folder = Path.GetDirectoryName(InRepository(page))!;
        var links = Regex.Matches(File.ReadAllText(InRepository(page)), @"\]\((?!https?:|#)([^)#]+)").Select(link => link.Groups[1].Value);
        Assert.DoesNotContain(links, link => !Path.Exists(Path.Combine(folder, link)));
    }

    [Theory]
    [InlineData("docs/architecture.md")]
    [InlineData("docs/quirks.md")]
    public void Every_source_file_that_a_page_names_exists(string page) =>
        Assert.DoesNotContain(Spans(File.ReadAllText(InRepository(page))).Where(IsPath), path => !Path.Exists(InRepository(path)));

    [Fact]
    public void Every_test_class_that_the_architecture_rests_on_exists() =>
        Assert.Empty(Spans(File.ReadAllText(InRepository("docs/architecture.md"))).Where(span => Regex.IsMatch(span, @"^\w+Tests$")).Except(Tests.Select(test => test.Split('.')[0])));

    [Fact]
    public void The_readme_explains_every_exit_code()
    {
        var codes = Regex.Matches(File.ReadAllText(InRepository("src/Cli/ExitCode.cs")), @"\b[A-Z]\w+ = (\d+)").Select(code => code.Groups[1].Value).ToArray();
        Assert.NotEmpty(codes);
        Assert.Equal(codes, File.ReadLines(InRepository("README.md")).Select(line => Regex.Match(line, @"^\| (\d+) \|")).Where(row => row.Success).Select(row => row.Groups[1].Value));
    }

    private sealed record Row(string Name, string[] Paths, string[] Identifiers, string Proof, string[] Tests);

    private static readonly HashSet<string> Tests = [.. Repository.Files("tests", "*.cs").SelectMany(TestsOf)];

    private static IEnumerable<Row> Rows() =>
        File.ReadLines(InRepository(Map)).Where(line => line.StartsWith("| ", StringComparison.Ordinal) && !line.StartsWith(Header, StringComparison.Ordinal)).Select(line =>
        {
            var cells = line.Trim().Trim('|').Split(" | ").Select(cell => cell.Trim()).ToArray();
            Assert.True(cells.Length == 4, $"four columns are wanted: {line}");
            var here = Spans(cells[2]).ToArray();
            return new Row(
                cells[0].Replace("`", ""),
                [.. here.Where(IsPath)],
                [.. here.Where(span => !IsPath(span))],
                cells[3],
                [.. Spans(cells[3])]);
        });

    /// <summary>Class.Method of each xunit test.</summary>
    private static IEnumerable<string> TestsOf(string file)
    {
        var type = "";
        var isTest = false;
        foreach (var line in File.ReadLines(file))
        {
            if (Regex.Match(line, @"^\s*(?:(?:public|internal|sealed|unsafe|abstract|partial) )*class (\w+)") is { Success: true } named) type = named.Groups[1].Value;
            isTest |= Regex.IsMatch(line, @"^\s*\[(Fact|Theory)\b");
            if (!isTest || Regex.Match(line, @"\b(?:void|Task) (\w+)\(") is not { Success: true } method) continue;
            isTest = false;
            yield return $"{type}.{method.Groups[1].Value}";
        }
    }

    private static IEnumerable<string> Spans(string markdown) => Regex.Matches(markdown, "`([^`\n]+)`").Select(span => span.Groups[1].Value);

    private static bool IsPath(string span) => Regex.IsMatch(span, @"^(src|tests|hocon|guests|bench|polyfill|docs)/\S+$");

    private static string InRepository(string path) => Path.Combine(Repository.Root, path);
}
