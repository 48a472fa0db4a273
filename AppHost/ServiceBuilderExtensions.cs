using Microsoft.Extensions.Configuration;

namespace Wyckoff.AppHost;

/// <summary>What our services have in common, and what differs between one that runs here and one that is published.</summary>
internal static class ServiceBuilderExtensions
{
    // Each published container has a name of its own, so all may use the port that .NET images listen on.
    private const int ContainerPort = 8080;

    /// <summary>The folder that every container of a deployment shares.</summary>
    private const string KeyFolder = "/keys";

    /// <summary>
    /// A project of ours. Here, the program that was built with the AppHost is started as it is: Aspire would do it through
    /// <c>dotnet run --no-build</c>, which reads the project again, for seconds of a processor at each start, and stays as one more
    /// process.
    /// </summary>
    public static IResourceBuilder<ProjectResource> AddService<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new()
    {
        // Nothing speaks HTTPS here; while a service says that it could, the dashboard asks for a trusted certificate.
        var service = builder.AddProject<TProject>(name, launchProfileName: null).WithoutHttpsCertificate();
        // An IDE and `dotnet watch` start projects in their own way.
        var isStartedByOthers =
            builder.Configuration["DEBUG_SESSION_PORT"] is { Length: > 0 } || builder.Configuration.GetValue<bool>("DOTNET_WATCH");
        var project = new FileInfo(new TProject().ProjectPath);
        if (builder.ExecutionContext.IsRunMode && !isStartedByOthers && BuiltProgram(project) is { } program)
        {
            service
                .WithAnnotation(new ExecutableAnnotation { Command = "dotnet", WorkingDirectory = project.DirectoryName! })
                .WithArgs(program);
        }

        return service;
    }

    /// <summary>
    /// HTTP on loopback here; with a port of its own, the service is reached there without the orchestrator's proxy. Published, it
    /// believes forwarded headers only of the proxies that <c>Wyckoff:Api:Proxies</c> lists.
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

    /// <summary>It lies below its project as this program lies below ours: bin, configuration, framework.</summary>
    private static string? BuiltProgram(FileInfo project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var name = Path.ChangeExtension(project.Name, ".dll");
        var program = Path.Combine(project.DirectoryName!, "bin", framework.Parent!.Name, framework.Name, name);
        return File.Exists(program) ? program : null;
    }
}
