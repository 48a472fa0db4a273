namespace Wyckoff.AppHost;

/// <summary>What differs between a service that runs here and one that is published.</summary>
internal static class ServiceBuilderExtensions
{
    // Each published container has a name of its own, so all may use the port that .NET images listen on.
    private const int ContainerPort = 8080;

    /// <summary>The folder that every container of a deployment shares.</summary>
    private const string KeyFolder = "/keys";

    /// <summary>
    /// HTTP on loopback here; with a port of its own, the service is reached there without the orchestrator's proxy. Published, it
    /// believes forwarded headers only where <c>Wyckoff:Api:TrustForwarded</c> says that a proxy is in front of it.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithServiceEndpoint(this IResourceBuilder<ProjectResource> service, int? port = null) =>
        service.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? service.WithHttpEndpoint(targetPort: ContainerPort).DisableForwardedHeaders()
            : service.WithHttpEndpoint(port: port, isProxied: port is null);

    /// <summary>Container Apps starts again whatever exits, so there migrations stay up when they are done.</summary>
    public static IResourceBuilder<ProjectResource> WithStayUpWherePublished(this IResourceBuilder<ProjectResource> migrations) =>
        migrations.ApplicationBuilder.ExecutionContext.IsPublishMode ? migrations.WithEnvironment("Wyckoff__StayUp", "true") : migrations;

    /// <summary>A container forgets its files. The keys of encrypted secrets must outlive it, and be the same for all replicas.</summary>
    public static IResourceBuilder<ProjectResource> WithKeyFolderWherePublished(this IResourceBuilder<ProjectResource> service) =>
        service.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? service.WithEnvironment("Wyckoff__Secrets__KeyFolder", KeyFolder)
            : service;

    /// <summary>The other services of a deployment reach this one by its resource's name, so it answers to that host name.</summary>
    public static IResourceBuilder<ProjectResource> WithOwnNameWherePublished(this IResourceBuilder<ProjectResource> service) =>
        service.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? service.WithEnvironment("Wyckoff__Api__Hosts__0", service.Resource.Name)
            : service;
}
