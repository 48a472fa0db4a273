using Wyckoff.MigrationService;

return await MigrationCommand.RunAsync(args, Console.Out, Console.Error);
