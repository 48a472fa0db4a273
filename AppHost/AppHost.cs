using Wyckoff.AppHost;

// Without containers the AppHost starts itself once more for each server (see LocalProcesses); and the plain processes can be asked for here too.
if (args is ["serve", .. var rest])
{
    return await ServeVerb.RunAsync(rest);
}

var builder = DistributedApplication.CreateBuilder(args);
var placement = Placements.Choose(builder);

// The services sign in as wyckoff_app, the Ingestor's maintenance as wyckoff_worker. MigrationService, which alone has the owner's connection, gives these roles their passwords.
var (appPassword, workerPassword) = (builder.AddRolePassword("wyckoff-app-password", placement), builder.AddRolePassword("wyckoff-worker-password", placement));

IResourceBuilder<IResourceWithConnectionString> owner, app, worker, cache;
switch (placement)
{
    case Placement.Azure:
        // PostgreSQL cannot live on the volumes of Container Apps: bring a managed database and cache, by connection string.
        owner = builder.AddConnectionString("wyckoff");
        app = builder.AddConnectionString("wyckoff-app");
        worker = builder.AddConnectionString("wyckoff-worker");
        cache = builder.AddConnectionString("cache");
        break;

    case Placement.LocalProcesses:
        (owner, app, worker, cache) = LocalProcesses.Add(builder, appPassword, workerPassword);
        break;

    default:
        var postgres = builder.AddPostgres("postgres", password: builder.AddGeneratedPassword("postgres-password"))
            .WithImage(Images.Timescale, Images.TimescaleTag) // before the volume: the image decides where it is mounted
            .WithEnvironment("POSTGRES_DB", "wyckoff")        // AddDatabase creates it in run mode only
            .WithArgs(DatabaseServer.Arguments)
            .WithContainerRuntimeArgs("--shm-size", DatabaseServer.SharedMemory)
            .KeepData(placement)
            .OfferPgAdmin(placement);
        owner = postgres.AddDatabase("wyckoff");
        app = builder.AddConnectionString("wyckoff-app", ReferenceExpression.Create(
            $"Host={postgres.Resource.Host};Port={postgres.Resource.Port};Username=wyckoff_app;Password={appPassword};Database=wyckoff"));
        worker = builder.AddConnectionString("wyckoff-worker", ReferenceExpression.Create(
            $"Host={postgres.Resource.Host};Port={postgres.Resource.Port};Username=wyckoff_worker;Password={workerPassword};Database=wyckoff"));
        cache = builder.AddRedis("cache").WithImageTag(Images.RedisTag);
        break;
}

var migrations = builder.AddProject<Projects.Wyckoff_MigrationService>("migrations", launchProfileName: null)
    .WithReference(owner)
    .WithEnvironment("Wyckoff__AppPassword", appPassword)
    .WithEnvironment("Wyckoff__WorkerPassword", workerPassword)
    .WaitFor(owner);

var ingestor = builder.AddProject<Projects.Wyckoff_Ingestor>("ingestor", launchProfileName: null)
    .WithServicePort(placement)
    .WithReference(app, connectionName: "wyckoff")
    .WithReference(worker, connectionName: "worker")
    .WithReference(cache)
    .WithHttpHealthCheck("/health")
    .WithUrlForEndpoint("http", url => { url.Url = "/health"; url.DisplayText = "Ingestor health"; })
    .WaitFor(cache)
    .WaitForCompletion(migrations);

var api = builder.AddProject<Projects.Wyckoff_Api>("api", launchProfileName: null)
    .WithServicePort(placement, hostPort: 5080)
    .WithReference(app, connectionName: "wyckoff")
    .WithReference(cache)
    .WithHttpHealthCheck("/health")
    .WithUrlForEndpoint("http", url => url.DisplayText = "API")
    .WithUrlForEndpoint("http", _ => new() { Url = "/docs", DisplayText = "API documentation" })
    .WaitFor(cache)
    .WaitForCompletion(migrations);

switch (placement)
{
    default:
        // Two tasks that wait in the dashboard, and the commands that run them.
        var reset = builder.AddProject<Projects.Wyckoff_MigrationService>("reset-database", launchProfileName: null)
            .WithArgs("--reset", "--yes")
            .WithReference(owner)
            .WithEnvironment("Wyckoff__AppPassword", appPassword)
            .WithEnvironment("Wyckoff__WorkerPassword", workerPassword)
            .WithParentRelationship(migrations)
            .WithExplicitStart();
        var samples = builder.AddProject<Projects.Wyckoff_Ingestor>("load-samples", launchProfileName: null)
            .WithArgs("samples")
            .WithReference(app, connectionName: "wyckoff")
            .WithReference(cache)
            .WithParentRelationship(ingestor)
            .WithExplicitStart();
        owner.WithTaskCommand("Reset database", reset, stopFirst: [api, ingestor], startAfterwards: [migrations, ingestor, api],
            confirmation: "All bars, orders, journals and accounts in this database will be deleted. Continue?");
        ingestor.WithTaskCommand("Load sample data", samples);
        break;
}

var application = builder.Build();
await application.RunAsync();
return application.ExitCode();
