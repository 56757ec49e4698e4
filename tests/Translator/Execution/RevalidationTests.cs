using System.Buffers.Binary;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.SelfTest.Machines;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Translator.Tests.Execution;

/// <summary>A vCPU that waits for an answer serves requests; when it goes on, nothing that it looked up before may be taken for true.</summary>
public sealed class RevalidationTests
{
    private const ulong Large = 0x200000, Here = 3 * Large, Elsewhere = 4 * Large;

    public static TheoryData<Engine> Engines() => [.. Enum.GetValues<Engine>()];

    [Theory, MemberData(nameof(Engines))]
    public void A_store_goes_where_its_page_is_mapped_after_the_ask(Engine engine)
    {
        using var machine = TestMachine.With(engine);
        machine.Ram(Here, 1)[0] = 0xc3;
        machine.Coherence.WhileWriting = page =>
        {
            if (page == new RamOffset(Here).Page) Map(machine, Here, Elsewhere);
        };
        machine.Run(c =>
        {
            c.mov(edi, (int)Here);
            c.call(rdi);
            c.mov(__byte_ptr[rdi], 0x77);
        });
        Assert.Equal(1, machine.Coherence.CodeWrites);
        Assert.Equal((0xc3, 0x77), (machine.Ram(Here, 1)[0], machine.Ram(Elsewhere, 1)[0]));
    }

    [Theory, MemberData(nameof(Engines))]
    public void Code_on_two_pages_is_not_joined_from_two_mappings(Engine engine)
    {
        // mov eax, imm32 with two bytes of the immediate on the second page; ret
        using var machine = TestMachine.With(engine);
        new byte[] { 0xb8, 0x11, 0x22 }.CopyTo(machine.Ram(Here - 3, 3));
        new byte[] { 0x33, 0x44, 0xc3 }.CopyTo(machine.Ram(Here, 3));
        new byte[] { 0xb8, 0x55, 0x66 }.CopyTo(machine.Ram(Elsewhere + Large - 3, 3));
        machine.Coherence.WhileProtecting = page =>
        {
            if (page == new RamOffset(Here).Page) Map(machine, Here - Large, Elsewhere);
        };
        machine.Run(c =>
        {
            c.mov(edi, (int)Here - 3);
            c.call(rdi);
        });
        unsafe
        {
            Assert.Equal(0x44336655u, machine.State->Gpr[0]);
        }
    }

    private static void Map(TestMachine machine, ulong linear, ulong physical)
    {
        var entry = machine.Ram(TestMachine.Tables + 0x2000 + linear / Large * 8, 8);
        BinaryPrimitives.WriteUInt64LittleEndian(entry, physical | 0x83);
        machine.Cpu.FlushTlb();
    }
}
