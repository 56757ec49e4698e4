Tcg.Mttcg.Cli.Output.StandardStreams.UseForConsole();
return await Tcg.Mttcg.Cli.CommandLineEntry.RunAsync(args);
