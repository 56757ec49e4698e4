using System.Buffers.Binary;
using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>x87 by opcode: the control instructions here, all else on the host's x87.</summary>
internal static unsafe class X87Helpers
{
    internal static readonly HelperRow[] Rows = [new(HelperId.X87, &Execute)];

    private const ulong Wait = 0x800;

    private static ulong Execute(Cpu cpu, ulong opcode, ulong address, ulong operandSize)
    {
        if (opcode == Wait)
        {
            cpu.CheckX87();
            return 0;
        }
        var escape = (int)(opcode >> 8 & 7);
        var modRm = (int)(opcode & 0xff);
        if (modRm >= 0xc0 ? !TryRegisterControl(cpu, escape, modRm) : !TryMemoryControl(cpu, escape, modRm >> 3 & 7, new GuestVirtual(address), operandSize == 2))
            cpu.RunX87(escape, modRm, new GuestVirtual(address));
        return 0;
    }

    private static bool TryRegisterControl(Cpu cpu, int escape, int modRm)
    {
        var state = cpu.State;
        switch (escape << 8 | modRm)
        {
            case 0x3e2:
                state->X87Status &= 0x7f00;
                return true;
            case 0x3e3:
                cpu.ResetX87();
                return true;
            // FNENI, FNDISI, FNSETPM: nothing since the 387.
            case 0x3e0 or 0x3e1 or 0x3e4:
                return true;
            case 0x7e0:
                state->Gpr[0] = (state->Gpr[0] & ~0xffffUL) | state->X87Status;
                return true;
            default:
                return false;
        }
    }

    /// <summary>FLDENV, FLDCW, FNSTENV, FNSTCW (D9 /4 to /7), FRSTOR, FNSAVE, FNSTSW (DD /4, /6, /7).</summary>
    private static bool TryMemoryControl(Cpu cpu, int escape, int reg, GuestVirtual address, bool small)
    {
        switch (escape << 4 | reg)
        {
            case 0x14: Load(cpu, address, small, registers: false); return true;
            case 0x15: LoadControl(cpu, address); return true;
            case 0x16: Store(cpu, address, small, registers: false); return true;
            case 0x17: cpu.TryWrite(address, 2, cpu.View, cpu.State->X87Control); return true;
            case 0x54: Load(cpu, address, small, registers: true); return true;
            case 0x56: Store(cpu, address, small, registers: true); return true;
            case 0x57: cpu.TryWrite(address, 2, cpu.View, cpu.State->X87Status); return true;
            default: return false;
        }
    }

    private static void LoadControl(Cpu cpu, GuestVirtual address)
    {
        if (!cpu.CheckX87() || !cpu.TryRead(address, 2, cpu.View, out var control)) return;
        cpu.State->X87Control = X87Image.ValidControl((ushort)control);
        cpu.SummarizeX87();
    }

    private static int EnvironmentBytes(bool small) => small ? X87Image.SmallEnvironmentBytes : X87Image.EnvironmentBytes;

    private static void Load(Cpu cpu, GuestVirtual address, bool small, bool registers)
    {
        var environment = EnvironmentBytes(small);
        Span<byte> image = stackalloc byte[X87Image.Bytes];
        image = image[..(environment + (registers ? 8 * X87Image.RegisterBytes : 0))];
        if (!cpu.CheckX87() || !cpu.TryReadBytes(address, image, cpu.View)) return;
        X87Image.ReadEnvironment(cpu.State, image[..environment], cpu.UsesLinearX87Pointers);
        if (registers) X87Image.ReadRegisters(cpu.State, image[environment..]);
        cpu.SummarizeX87();
    }

    // FNSTENV masks all exceptions afterwards; FNSAVE leaves what FNINIT leaves.
    private static void Store(Cpu cpu, GuestVirtual address, bool small, bool registers)
    {
        var environment = EnvironmentBytes(small);
        Span<byte> image = stackalloc byte[X87Image.Bytes];
        image = image[..(environment + (registers ? 8 * X87Image.RegisterBytes : 0))];
        X87Image.WriteEnvironment(cpu.State, image[..environment], cpu.UsesLinearX87Pointers);
        if (registers) X87Image.WriteRegisters(cpu.State, image[environment..]);
        if (!cpu.TryWriteBytes(address, image, cpu.View)) return;
        if (registers) cpu.ResetX87();
        else
        {
            cpu.State->X87Control |= 0x3f;
            cpu.SummarizeX87();
        }
    }
}
