using Microsoft.Extensions.Configuration;
using Wyckoff.LocalServers;
using Connection = Aspire.Hosting.ApplicationModel.IResourceBuilder<Aspire.Hosting.ApplicationModel.IResourceWithConnectionString>;
using Password = Aspire.Hosting.ApplicationModel.IResourceBuilder<Aspire.Hosting.ApplicationModel.ParameterResource>;

namespace Wyckoff.AppHost;

/// <summary>
/// The connection strings of the three database roles. Only MigrationService uses the owner's; it sets the passwords of the other two
/// roles.
/// </summary>
internal sealed record Database(Connection Owner, Connection App, Connection Worker, Password AppPassword, Password WorkerPassword);

/// <summary>Adds PostgreSQL to the composition.</summary>
internal static class DatabaseBuilderExtensions
{
    private const string Name = "wyckoff";
    private const string App = "wyckoff-app";
    private const string Worker = "wyckoff-worker";
    private const string AppRole = "wyckoff_app";
    private const string WorkerRole = "wyckoff_worker";
    private const int PreferredPort = 5432;

    // With the container default of 64 MB, parallel queries fail with "could not resize shared memory segment".
    private const string SharedMemory = "256m";

    /// <summary>
    /// Adds PostgreSQL as a container, a local process or a given server. The connection strings have the same names in each case.
    /// </summary>
    public static async Task<Database> AddDatabaseAsync(
        this IDistributedApplicationBuilder builder,
        DataHome home,
        AppHostOptions options,
        CancellationToken cancellationToken
    )
    {
        var placement = builder.Choose(Name, "PostgreSQL", options);
        var app = builder.AddPassword("wyckoff-app-password", home, "app");
        var worker = builder.AddPassword("wyckoff-worker-password", home, "worker");
        switch (placement)
        {
            case Placement.Containers:
                return await builder.AddContainerAsync(home, app, worker, cancellationToken);

            case Placement.Local:
                // PostgreSQL is found or installed before anything starts, so that a machine without it gets the error at once.
                await new ServerLocator(home.Home, Console.WriteLine).FindPostgresAsync(PostgresEdition.Best, cancellationToken);
                return await builder.AddLocalAsync(home, app, worker, cancellationToken);

            default:
                return builder.AddGiven(app, worker);
        }
    }

    public static IResourceBuilder<ProjectResource> WithRolePasswords(
        this IResourceBuilder<ProjectResource> migrations,
        Database database
    ) =>
        migrations
            .WithEnvironment("Wyckoff__AppPassword", database.AppPassword)
            .WithEnvironment("Wyckoff__WorkerPassword", database.WorkerPassword);

    /// <summary>Adds a secret parameter. In run mode its value is a file in the data folder; a deployment prompts for it.</summary>
    public static Password AddPassword(this IDistributedApplicationBuilder builder, string name, DataHome home, string file) =>
        builder.ExecutionContext.IsPublishMode
            ? builder.AddParameter(name, secret: true)
            : builder.AddParameter(name, home.Password(file), secret: true);

    private static async Task<Database> AddContainerAsync(
        this IDistributedApplicationBuilder builder,
        DataHome home,
        Password app,
        Password worker,
        CancellationToken cancellationToken
    )
    {
        var postgres = builder
            .AddPostgres("postgres", password: builder.AddPassword("postgres-password", home, "postgres-container"))
            .WithIconName("Database")
            .WithImage(Images.Timescale, Images.TimescaleTag)
            .WithHostPort(await home.PortAsync("postgres", PreferredPort, cancellationToken))
            .WithArgs(PostgresSettings.Arguments)
            .WithContainerRuntimeArgs("--shm-size", SharedMemory)
            // WithDataVolume is wrong here: it derives the data path from the tag and takes TimescaleDB's version for PostgreSQL's.
            .WithVolume(home.PostgresVolume, Images.TimescaleData)
            // The container keeps running after the AppHost ends, so that the next start takes seconds.
            .WithContainerName(home.PostgresContainer)
            .WithLifetime(ContainerLifetime.Persistent);
        var (host, port) = (postgres.Resource.Host, postgres.Resource.Port);
        return new(
            postgres.AddDatabase(Name),
            builder
                .AddConnectionString(
                    App,
                    ReferenceExpression.Create($"Host={host};Port={port};Username={AppRole};Password={app};Database={Name}")
                )
                .WithParentRelationship(postgres),
            builder
                .AddConnectionString(
                    Worker,
                    ReferenceExpression.Create($"Host={host};Port={port};Username={WorkerRole};Password={worker};Database={Name}")
                )
                .WithParentRelationship(postgres),
            app,
            worker
        );
    }

    private static async Task<Database> AddLocalAsync(
        this IDistributedApplicationBuilder builder,
        DataHome home,
        Password app,
        Password worker,
        CancellationToken cancellationToken
    )
    {
        if (home.HasLostPassword("postgres"))
        {
            throw new AppHostException(
                $"The data in {home.Home.Data}/postgres has lost its password file {home.Home.PasswordFile("postgres")}: "
                    + "put it back, or delete all data with --fresh."
            );
        }

        var password = builder.AddPassword("postgres-password", home, "postgres");
        var port = await home.PortAsync("postgres", PreferredPort, cancellationToken);
        var postgres = builder.AddLocalPostgres("postgres", home, port, password).WithIconName("Database");
        var owner = builder
            .AddConnectionString(Name, postgres.Resource.For("postgres", password.Resource, Name))
            .WithParentRelationship(postgres);
        // By default a connection string is ready when the server process runs. With the server's health check, WaitFor waits until
        // the server answers.
        owner.WithAnnotation(postgres.Resource.Annotations.OfType<HealthCheckAnnotation>().Single());
        return new(
            owner,
            builder.AddConnectionString(App, postgres.Resource.For(AppRole, app.Resource, Name)).WithParentRelationship(postgres),
            builder.AddConnectionString(Worker, postgres.Resource.For(WorkerRole, worker.Resource, Name)).WithParentRelationship(postgres),
            app,
            worker
        );
    }

    private static Database AddGiven(this IDistributedApplicationBuilder builder, Password app, Password worker)
    {
        if (builder.ExecutionContext.IsPublishMode)
        {
            return new(
                builder.AddConnectionString(Name),
                builder.AddConnectionString(App),
                builder.AddConnectionString(Worker),
                app,
                worker
            );
        }

        var server = WithoutUser(builder.Configuration.GetConnectionString(Name)!);
        return new(
            builder.AddConnectionString(Name),
            builder.AddConnectionString(App, ReferenceExpression.Create($"{server};Username={AppRole};Password={app}")),
            builder.AddConnectionString(Worker, ReferenceExpression.Create($"{server};Username={WorkerRole};Password={worker}")),
            app,
            worker
        );
    }

    private static string WithoutUser(string connectionString)
    {
        try
        {
            var builder = new Npgsql.NpgsqlConnectionStringBuilder(connectionString);
            builder.Remove("Username");
            builder.Remove("Password");
            return builder.ConnectionString;
        }
        catch (ArgumentException e)
        {
            // The message of the exception is left out: it can quote the connection string with its password.
            throw new AppHostException(
                $"ConnectionStrings__{Name} is not a connection string such as 'Host=…;Database=wyckoff;Username=…;Password=…' "
                    + $"({e.GetType().Name})."
            );
        }
    }
}
