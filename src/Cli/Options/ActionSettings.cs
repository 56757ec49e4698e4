namespace Tcg.Mttcg.Cli.Options;

/// <summary>What <c>-action event=action,...</c> says; null: nothing.</summary>
public sealed record ActionSettings(bool? EndOnPanic, bool? EndOnReset)
{
    /// <exception cref="UsageException"/>
    public static ActionSettings Parse(IEnumerable<string> texts)
    {
        var settings = new ActionSettings(null, null);
        foreach (var text in texts)
        {
            var list = new PropertyList("-action", "action," + text);
            settings = new ActionSettings(
                list.TakeChoice<bool?>("panic", settings.EndOnPanic, ("shutdown", true), ("none", false)),
                list.TakeChoice<bool?>("reboot", settings.EndOnReset, ("shutdown", true), ("reset", false)));
            list.Finish();
        }
        return settings;
    }
}
