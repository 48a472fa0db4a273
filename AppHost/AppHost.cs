using Wyckoff.AppHost;

// The Aspire composition in start order: servers, schema migrations, services, and the operator's commands in the dashboard.
return await AppHostCommand.RunAsync(
    args,
    async (options, cancellationToken) =>
    {
        using var home = DataHome.Open(options);
        var builder = options.CreateBuilder(home);
        var database = await builder.AddDatabaseAsync(home, options, cancellationToken);
        var cache = await builder.AddCacheAsync(home, options, cancellationToken);

        var migrations = builder
            .AddService<Projects.Wyckoff_MigrationService>("migrations")
            .WithIconName("DatabaseArrowUp")
            .WithReference(database.Owner, connectionName: "wyckoff")
            .WithRolePasswords(database)
            .WithAccess()
            .WithFirstAdminKey(home)
            .WithStayUpWherePublished()
            .WaitFor(database.Owner);

        var ingestor = builder
            .AddService<Projects.Wyckoff_Ingestor>("ingestor")
            .WithIconName("ArrowImport")
            .WithServiceEndpoint()
            .WithReference(database.App, connectionName: "wyckoff")
            .WithReference(database.Worker, connectionName: "worker")
            .WithReference(cache)
            .WithEnvironment("Wyckoff__Samples", options.Samples ? "true" : "false")
            .WithKeyFolderWherePublished()
            .WithHttpHealthCheck("/health")
            .WithUrlForEndpoint("http", url => (url.Url, url.DisplayText) = ("/health", "Health"))
            .WithRestarts()
            .WaitFor(cache)
            .WaitForCompletion(migrations);

        var api = builder
            .AddService<Projects.Wyckoff_Api>("api")
            .WithIconName("PlugConnected")
            .WithServiceEndpoint(options.Port)
            .WithAccess()
            .WithReference(database.App, connectionName: "wyckoff")
            .WithReference(cache)
            .WithKeyFolderWherePublished()
            .WithOwnNameWherePublished()
            .WithHttpHealthCheck("/health")
            .WithUrlForEndpoint("http", url => (url.Url, url.DisplayText) = ("/docs", "API documentation"))
            .WithRestarts()
            .WaitFor(cache)
            .WaitForCompletion(migrations);

        var web = builder
            .AddService<Projects.Wyckoff_Web>("web")
            .WithIconName("DataLine")
            .WithServiceEndpoint(options.WebPort)
            .WithAccess()
            .WithReferenceEnvironment(ReferenceEnvironmentInjectionFlags.ServiceDiscovery)
            .WithReference(api)
            .WithKeyFolderWherePublished("Wyckoff__Web__KeyFolder", "/keys/web")
            .WithDashboardLink()
            .WithHttpHealthCheck("/health")
            .WithUrlForEndpoint("http", url => url.DisplayText = "Wyckoff")
            .WithRestarts();

        if (builder.ExecutionContext.IsRunMode)
        {
            builder.AddOperations(home, database, cache, migrations, ingestor, api);
            builder.AddConsole(home, options, database, cache);
        }

        await builder.Build().RunToEndAsync(cancellationToken);
    }
);
