return await Tcg.Mttcg.Cli.CommandLineEntry.RunAsync(args);
