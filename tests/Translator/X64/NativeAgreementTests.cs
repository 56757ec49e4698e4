using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Random programs through the back end and on the bare host CPU: registers, flags and memory must agree.</summary>
public sealed unsafe class NativeAgreementTests : IDisposable
{
    private readonly X64Machine _machine = new();
    private readonly NativeOracle _oracle = new();

    [Theory]
    [InlineData(1, 1, 3000)]
    [InlineData(2, 3, 1500)]
    [InlineData(3, 12, 800)]
    public void Register_programs_agree_with_the_host(int seed, int length, int rounds) => Compare(seed, length, rounds, memory: false, mapped: true);

    [Theory]
    [InlineData(4, 1, 2000)]
    [InlineData(5, 4, 1500)]
    [InlineData(6, 16, 800)]
    public void Programs_on_mapped_memory_agree_with_the_host(int seed, int length, int rounds) => Compare(seed, length, rounds, memory: true, mapped: true);

    [Theory]
    [InlineData(7, 1, 2000)]
    [InlineData(8, 4, 1500)]
    [InlineData(9, 16, 800)]
    public void Programs_on_the_slow_path_agree_with_the_host(int seed, int length, int rounds) => Compare(seed, length, rounds, memory: true, mapped: false);

    private void Compare(int seed, int length, int rounds, bool memory, bool mapped)
    {
        var random = new Random(seed);
        if (mapped) _machine.MapAll();
        for (var round = 0; round < rounds; round++)
        {
            var program = new GuestProgram(X64Machine.NewBlock());
            var generator = new ProgramGenerator(random, program, memory);
            for (var i = 0; i < length; i++) generator.Next();
            program.Exit();
            Agreement.Check(_machine, _oracle, program, program.Block, random, memory);
        }
    }

    public void Dispose()
    {
        _machine.Dispose();
        _oracle.Dispose();
    }
}
