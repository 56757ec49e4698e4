using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>One instruction with its operands chosen, encoded at <see cref="NativeRunner.Slot"/>.</summary>
internal sealed record Form(Instruction Instruction, byte[] Bytes)
{
    public override string ToString() => $"{Instruction} ({Convert.ToHexStringLower(Bytes)})";
}
