using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Exceptions and software interrupts, and the checks that only raise.</summary>
internal static unsafe class ExceptionHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.RaiseException, &RaiseException),
        new(HelperId.SoftwareInterrupt, &SoftwareInterrupt),
        new(HelperId.CheckSegment, &CheckSegment),
        new(HelperId.Bound, &Bound),
        new(HelperId.BranchTarget, &BranchTarget),
        new(HelperId.Misaligned, &Misaligned),
        new(HelperId.Interpret, &Interpret),
    ];

    private static ulong RaiseException(Cpu cpu, ulong vector, ulong errorCode, ulong hasErrorCode)
    {
        if (hasErrorCode != 0) cpu.Raise((int)vector, (uint)errorCode);
        else cpu.Raise((int)vector);
        return 0;
    }

    private static ulong SoftwareInterrupt(Cpu cpu, ulong vector, ulong length, ulong form)
    {
        var source = form switch
        {
            0 => InterruptSource.Software,
            3 => InterruptSource.PrivilegedSoftware,
            _ => InterruptSource.SoftwareException,
        };
        cpu.RaiseSoftware((byte)vector, source, (byte)length);
        return 0;
    }

    private static ulong CheckSegment(Cpu cpu, ulong segment, ulong offset, ulong access)
    {
        cpu.CheckSegment((Segment)segment, offset, (int)(access & 0xff), (access & 0x100) != 0);
        return offset;
    }

    private static ulong Bound(Cpu cpu, ulong index, ulong lower, ulong upper)
    {
        if ((long)index < (long)lower || (long)index > (long)upper) cpu.Raise(ExceptionVector.BoundRange);
        return 0;
    }

    private static ulong BranchTarget(Cpu cpu, ulong target, ulong b, ulong c)
    {
        if (!cpu.IsCanonical(target)) cpu.FailBranch(target);
        return target;
    }

    private static ulong Interpret(Cpu cpu, ulong a, ulong b, ulong c)
    {
        cpu.LeaveAfterHelper(TbExitReason.Interpret);
        return 0;
    }

    private static ulong Misaligned(Cpu cpu, ulong address, ulong access, ulong c)
    {
        cpu.FailAlignment(new(address), (int)(access & 0xff), (access & 0x100) != 0);
        return 0;
    }
}
