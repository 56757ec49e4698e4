using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Every form of address: registers with and without a home, scaled, truncated, in a segment, far away.</summary>
public sealed unsafe class AddressTests : IDisposable
{
    private readonly X64Machine _machine = new();

    public static TheoryData<int, int, int, long, ulong, ulong> Forms()
    {
        var forms = new TheoryData<int, int, int, long, ulong, ulong>();
        int[] registers = [-1, 0, 4, 5, 12, 13];
        foreach (var first in registers)
        {
            foreach (var index in registers)
            {
                foreach (var displacement in new[] { 0, 8, -128, 0x12345, 0x7_0000_0000 })
                {
                    if (index == 4) continue;
                    forms.Add(first, index, (first + index) & 3, displacement, 0x11_2233_4400, 0x55_0066);
                }
            }
        }
        return forms;
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void Loads_and_leas_compute_the_address(int first, int index, int shift, long displacement, ulong baseValue, ulong indexValue)
    {
        foreach (var (size, segment, linear32) in new[]
        {
            (OpSize.B64, Segment.None, false), (OpSize.B32, Segment.None, false), (OpSize.B64, Segment.Fs, false), (OpSize.B32, Segment.Gs, false),
            (OpSize.B32, Segment.Ds, true), (OpSize.B16, Segment.Es, true), (OpSize.B32, Segment.None, true),
        })
        {
            if (first >= 0 && first == index) indexValue = baseValue;
            var offset = (first >= 0 ? baseValue : 0) + (index >= 0 ? indexValue << shift : 0) + (ulong)displacement;
            offset &= size switch { OpSize.B64 => ulong.MaxValue, OpSize.B32 => uint.MaxValue, _ => ushort.MaxValue };
            var segmentBase = segment == Segment.None ? 0 : 0xfff0_1230ul;
            var linear = offset + segmentBase;
            if (linear32) linear = (uint)linear;
            // Keep clear of page ends: that is tested elsewhere.
            if ((linear & 0xfff) > 0xff8) continue;

            var block = X64Machine.NewBlock();
            var mem = block.Address(new IrAddress
            {
                Base = first < 0 ? Operand.None : Operand.Gpr(first),
                Index = index < 0 ? Operand.None : Operand.Gpr(index),
                ScaleShift = (byte)shift,
                AddressSize = size,
                Segment = segment,
                Linear32 = linear32,
                Displacement = displacement,
            });
            ref var lea = ref block.Append(IrOp.Lea);
            (lea.Size, lea.Dst, lea.Mem) = (OpSize.B64, Operand.Gpr(8), mem);
            ref var unhomed = ref block.Append(IrOp.Lea);
            (unhomed.Size, unhomed.Dst, unhomed.Mem) = (OpSize.B32, Operand.Gpr(10), mem);
            ref var load = ref block.Append(IrOp.GuestLoad);
            (load.Size, load.SourceSize, load.Dst, load.Mem) = (OpSize.B64, OpSize.B64, Operand.Gpr(9), mem);
            block.Append(IrOp.ExitTb);
            _machine.Region.Used = 0;
            var tb = _machine.Emit(block);

            _machine.FlushTlb();
            _machine.Map(_machine.Ram, guest: linear & ~0xffful);
            *(ulong*)(_machine.Ram + (linear & 0xfff)) = 0xfeed_beef_0000_0000 | offset & 0xffff;
            if (first >= 0) _machine.State->Gpr[first] = baseValue;
            if (index >= 0) _machine.State->Gpr[index] = indexValue;
            _machine.State->Ds.Base = _machine.State->Es.Base = _machine.State->Fs.Base = _machine.State->Gs.Base = segmentBase;
            _machine.Run(tb);
            var what = $"{size} {segment} {linear32} offset {offset:x} linear {linear:x}";
            Assert.True(_machine.HelperCalls.Count == 0, what);
            Assert.True(_machine.State->Gpr[8] == offset, $"{_machine.State->Gpr[8]:x}, {what}");
            Assert.True(_machine.State->Gpr[10] == (uint)offset, $"{_machine.State->Gpr[10]:x}, {what}");
            Assert.True(_machine.State->Gpr[9] == (0xfeed_beef_0000_0000 | offset & 0xffff), what);
        }
    }

    [Fact]
    public void The_slow_path_gets_the_linear_address_and_the_access()
    {
        var block = X64Machine.NewBlock();
        ref var store = ref block.Append(IrOp.GuestStore);
        (store.Size, store.A) = (OpSize.B16, block.Constant(0xabcd));
        store.Mem = block.Address(new IrAddress { Base = Operand.Gpr(10), AddressSize = OpSize.B64, Segment = Segment.Fs, Displacement = -2 });
        block.Append(IrOp.ExitTb);
        var tb = _machine.Emit(block);
        (_machine.State->Gpr[10], _machine.State->Fs.Base) = (0xffff_8000_0000_1001, 0x10_0000);
        _machine.OnHelper = (_, _, _, _) => 0;
        _machine.Run(tb);
        Assert.Equal((HelperId.StoreSlow, 0xffff_8000_0010_0ffful, 0xabcdul, new MemoryAccess(2, default).Raw), Assert.Single(_machine.HelperCalls));
    }

    public void Dispose() => _machine.Dispose();
}
