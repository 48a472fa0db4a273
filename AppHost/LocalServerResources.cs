using Microsoft.Extensions.DependencyInjection;
using Wyckoff.LocalServers;

namespace Wyckoff.AppHost;

/// <summary>A PostgreSQL that is a process of this machine.</summary>
internal sealed class LocalPostgresResource(string name, string command, string workingDirectory, ParameterResource password)
    : LocalServerResource(name, command, workingDirectory)
{
    /// <summary>To the server, not to <c>wyckoff</c>: that database is made by the migrations, which wait for this.</summary>
    public override ReferenceExpression ConnectionStringExpression => For("postgres", password, "postgres");

    public ReferenceExpression For(string user, ParameterResource userPassword, string database)
    {
        var (host, port) = (Endpoint.Property(EndpointProperty.IPV4Host), Endpoint.Property(EndpointProperty.Port));
        return ReferenceExpression.Create($"Host={host};Port={port};Username={user};Password={userPassword};Database={database}");
    }
}

/// <summary>A Redis that is a process of this machine.</summary>
internal sealed class LocalRedisResource(string name, string command, string workingDirectory, ParameterResource password)
    : LocalServerResource(name, command, workingDirectory)
{
    public override ReferenceExpression ConnectionStringExpression =>
        ReferenceExpression.Create(
            $"{Endpoint.Property(EndpointProperty.IPV4Host)}:{Endpoint.Property(EndpointProperty.Port)},password={password}"
        );
}

internal abstract class LocalServerResource(string name, string command, string workingDirectory)
    : ExecutableResource(name, command, workingDirectory),
        IResourceWithConnectionString
{
    public const string EndpointName = "tcp";

    public EndpointReference Endpoint => field ??= new(this, EndpointName);

    public abstract ReferenceExpression ConnectionStringExpression { get; }
}

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

    // Clients reach the server itself, not through the orchestrator's proxy: a COPY is spared a hop, and the port can stay the same.
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

    /// <summary>Without a health check, <c>WaitFor</c> is satisfied as soon as the process runs, before the server answers.</summary>
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
