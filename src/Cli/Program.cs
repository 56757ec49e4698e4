Console.Error.WriteLine("mttcg: no command");
return 1;
