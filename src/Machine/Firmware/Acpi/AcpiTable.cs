namespace Tcg.Mttcg.Machine.Firmware.Acpi;

/// <summary>The header all system description tables share (ACPI specification 5.2.6).</summary>
internal static class AcpiTable
{
    public const int HeaderBytes = 36;

    public static byte[] Build(string signature, int revision, ReadOnlySpan<byte> body)
    {
        var table = new ByteBuffer().Text(signature, 4).DWord((uint)(HeaderBytes + body.Length)).Byte(revision).Byte(0)
            .Text("MTTCG", 6).Text("MTTCG", 8).DWord(1).Text("MTTC", 4).DWord(1).Bytes(body).ToArray();
        Seal(table);
        return table;
    }

    /// <summary>Renews the checksum after an edit.</summary>
    public static void Seal(Span<byte> table) => ByteBuffer.Checksum(table, at: 9);
}
