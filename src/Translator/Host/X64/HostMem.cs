namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>A host memory operand: [Base + (Index &lt;&lt; Shift) + Displacement].</summary>
internal readonly record struct HostMem(Reg Base, Reg Index, byte Shift, int Displacement)
{
    public static HostMem At(Reg register, int displacement = 0) => new(register, Reg.None, 0, displacement);

    /// <summary>A field of the vCPU's native state.</summary>
    public static HostMem Env(int offset) => new(Homes.Environment, Reg.None, 0, offset);
}
