using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest;

/// <summary>Emits the IR of the instruction at hand.</summary>
public delegate void LiftAction(Lifting at);

/// <summary>What must hold before an instruction may run, and what follows it. Checked by <see cref="Lifting"/> before the row's action.</summary>
[Flags]
public enum LiftRules : ushort
{
    None = 0,
    /// <summary>#GP(0) unless CPL is 0.</summary>
    Cpl0 = 1,
    /// <summary>#UD in real and virtual-8086 mode.</summary>
    ProtectedOnly = 2,
    /// <summary>#GP(0) in real mode.</summary>
    NotRealMode = 4,
    /// <summary>#UD without CR4.FSGSBASE.</summary>
    FsGsBase = 8,
    /// <summary>#GP(0) above CPL 0 with CR4.UMIP.</summary>
    Umip = 16,
    /// <summary>#GP(0) above CPL 0 with CR4.TSD.</summary>
    TimeStamp = 32,
    /// <summary>What the translation depends on may change, or the instruction serialises: the dispatcher looks up what follows.</summary>
    EndsBlock = 64,
}

/// <summary>One guest mnemonic: how it is lifted and under which rules. LOCK, operand sizes and modes are Iced's to know.</summary>
public readonly record struct LiftRow(Mnemonic Mnemonic, LiftAction Lift, LiftRules Rules = LiftRules.None);
