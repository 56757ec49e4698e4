namespace Tcg.Mttcg.Guests.BareMetal;

/// <summary>A multiboot 1 image ready to be written to a file or handed to a loader.</summary>
public sealed record GuestImage(string Name, byte[] Bytes)
{
    public string WriteTo(string directory)
    {
        var path = Path.Combine(directory, Name + ".multiboot");
        File.WriteAllBytes(path, Bytes);
        return path;
    }
}
