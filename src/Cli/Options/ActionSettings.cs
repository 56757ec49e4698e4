namespace Tcg.Mttcg.Cli.Options;

/// <summary>What <c>-action event=action,...</c> says.</summary>
public sealed record ActionSettings(bool EndOnPanic, bool EndOnReset)
{
    /// <exception cref="UsageException"/>
    public static ActionSettings Parse(IEnumerable<string> texts)
    {
        var settings = new ActionSettings(true, false);
        foreach (var text in texts)
        {
            var list = new PropertyList("-action", "action," + text);
            settings = new ActionSettings(
                list.TakeChoice("panic", settings.EndOnPanic, ("shutdown", true), ("none", false)),
                list.TakeChoice("reboot", settings.EndOnReset, ("shutdown", true), ("reset", false)));
            list.Finish();
        }
        return settings;
    }
}
