namespace Tcg.Mttcg.Cli.Help;

/// <summary>What <c>-device help</c> prints.</summary>
internal static class DeviceHelp
{
    private const string Text = """
        On the PCI bus, with addr=SLOT:
          virtio-blk-pci,drive=ID[,serial=TEXT]     a disk of -drive if=none,id=ID
          virtio-net-pci[,netdev=ID][,mac=ADDRESS]  a network card
          virtio-rng-pci                            random bytes of the host
          virtio-serial-pci                         the bus of a virtconsole
          virtconsole,chardev=ID                    hvc0, on a -chardev
        On the ISA bus:
          isa-debug-exit[,iobase=PORT][,iosize=N]   ends the machine
          pvpanic                                   tells of a kernel's panic
          pc-testdev                                for tests of interrupts
        """;

    public static void Write(TextWriter output) => output.WriteLine(Text);
}
