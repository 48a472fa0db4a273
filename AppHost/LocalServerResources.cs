using Microsoft.Extensions.DependencyInjection;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>A PostgreSQL server that runs as a local process.</summary>
internal sealed class LocalPostgresResource(string name, string command, string workingDirectory, ParameterResource password)
    : LocalServerResource(name, command, workingDirectory)
{
    /// <summary>
    /// Connects to database <c>postgres</c>: the health check uses it, and database <c>wyckoff</c> exists only after the migrations.
    /// </summary>
    public override ReferenceExpression ConnectionStringExpression => For("postgres", password, "postgres");

    public ReferenceExpression For(string user, ParameterResource userPassword, string database)
    {
        var (host, port) = (Endpoint.Property(EndpointProperty.IPV4Host), Endpoint.Property(EndpointProperty.Port));
        return ReferenceExpression.Create($"Host={host};Port={port};Username={user};Password={userPassword};Database={database}");
    }
}

/// <summary>A Redis server that runs as a local process.</summary>
internal sealed class LocalRedisResource(string name, string command, string workingDirectory, ParameterResource password)
    : LocalServerResource(name, command, workingDirectory)
{
    public override ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create(
            $"{Endpoint.Property(EndpointProperty.IPV4Host)}:{Endpoint.Property(EndpointProperty.Port)},password={password}"
        );
}

/// <summary>A server that runs as a local process, started through LocalServers.</summary>
internal abstract class LocalServerResource(string name, string command, string workingDirectory)
    : ExecutableResource(name, command, workingDirectory),
        IResourceWithConnectionString
{
    public const string EndpointName = "tcp";

    public EndpointReference Endpoint => field ??= new(this, EndpointName);

    public abstract ReferenceExpression ConnectionStringExpression { get; }
}

/// <summary>Adds local PostgreSQL and Redis servers to the composition.</summary>
internal static class LocalServerBuilderExtensions
{
    public static IResourceBuilder<LocalPostgresResource> AddLocalPostgres(
        this IDistributedApplicationBuilder builder,
        string name,
        DataHome home,
        int port,
        IResourceBuilder<ParameterResource> password
    ) =>
        builder
            .AddLocalServer(new LocalPostgresResource(name, "dotnet", home.Folder, password.Resource), "postgres", home, port)
            .WithServerHealthCheck((checks, check, connection) => checks.AddNpgSql(_ => connection(), name: check));

    public static IResourceBuilder<LocalRedisResource> AddLocalRedis(
        this IDistributedApplicationBuilder builder,
        string name,
        DataHome home,
        int port,
        IResourceBuilder<ParameterResource> password
    ) =>
        builder
            .AddLocalServer(new LocalRedisResource(name, "dotnet", home.Folder, password.Resource), "redis", home, port)
            .WithServerHealthCheck((checks, check, connection) => checks.AddRedis(_ => connection(), name: check));

    // Without the orchestrator's proxy, a COPY saves a hop and the port stays the same across restarts.
    private static IResourceBuilder<T> AddLocalServer<T>(
        this IDistributedApplicationBuilder builder,
        T resource,
        string server,
        DataHome home,
        int port
    )
        where T : LocalServerResource =>
        builder
            .AddResource(resource)
            .WithArgs(typeof(LocalPostgres).Assembly.Location, server, port)
            .WithEnvironment(ServerHome.Variable, home.Folder)
            .WithEndpoint(port: port, targetPort: port, scheme: "tcp", name: LocalServerResource.EndpointName, isProxied: false)
            .WithRestarts()
            .ExcludeFromManifest();

    /// <summary>Adds a health check, so that <c>WaitFor</c> waits until the server answers and not only until its process runs.</summary>
    private static IResourceBuilder<T> WithServerHealthCheck<T>(
        this IResourceBuilder<T> server,
        Action<IHealthChecksBuilder, string, Func<string>> register
    )
        where T : LocalServerResource
    {
        string? connection = null;
        server.OnConnectionStringAvailable(
            async (resource, _, cancellationToken) =>
                connection = await resource.ConnectionStringExpression.GetValueAsync(cancellationToken)
        );
        var check = server.Resource.Name + "_check";
        register(
            server.ApplicationBuilder.Services.AddHealthChecks(),
            check,
            () => connection ?? throw new InvalidOperationException($"The connection string of {server.Resource.Name} is not known yet.")
        );
        return server.WithHealthCheck(check);
    }
}
