using Microsoft.Extensions.Configuration;

namespace Wyckoff.AppHost;

/// <summary>Adds Wyckoff's services to the composition, with the settings that differ between run mode and publish mode.</summary>
internal static class ServiceBuilderExtensions
{
    // The port that .NET images listen on. Published containers have their own host names, so all can use the same port.
    private const int ContainerPort = 8080;

    /// <summary>The folder shared by all containers of a deployment.</summary>
    private const string KeyFolder = "/keys";

    /// <summary>
    /// Adds a service project. In run mode the program that was built with the AppHost is started directly. Aspire would use
    /// <c>dotnet run --no-build</c>, which evaluates the project for seconds at each start and stays as one more process.
    /// </summary>
    public static IResourceBuilder<ProjectResource> AddService<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new()
    {
        // No service uses HTTPS. With an HTTPS certificate configured, the dashboard would ask for a trusted certificate.
        var service = builder.AddProject<TProject>(name, launchProfileName: null).WithoutHttpsCertificate();
        // An IDE and `dotnet watch` start projects themselves.
        var isStartedByTool =
            builder.Configuration["DEBUG_SESSION_PORT"] is { Length: > 0 } || builder.Configuration.GetValue<bool>("DOTNET_WATCH");
        var project = new FileInfo(new TProject().ProjectPath);
        if (builder.ExecutionContext.IsRunMode && !isStartedByTool && BuiltProgram(project) is { } program)
        {
            service
                .WithAnnotation(new ExecutableAnnotation { Command = "dotnet", WorkingDirectory = project.DirectoryName! })
                .WithArgs(program);
        }

        return service;
    }

    /// <summary>
    /// Adds an HTTP endpoint. In run mode it is on loopback; with a fixed port it bypasses the orchestrator's proxy. When published, the
    /// service trusts forwarded headers only from the proxies listed in <c>Wyckoff:Api:Proxies</c>.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithServiceEndpoint(this IResourceBuilder<ProjectResource> service, int? port = null) =>
        service.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? service.WithHttpEndpoint(targetPort: ContainerPort).DisableForwardedHeaders()
            : service.WithHttpEndpoint(port: port, isProxied: port is null);

    /// <summary>
    /// Sets who may use the API. In run mode nobody needs to sign in, unless the configuration says otherwise, and the service then listens
    /// on loopback only. When published, requests need keys, which is the default of the services.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithAccess(this IResourceBuilder<ProjectResource> service) =>
        service.ApplicationBuilder.ExecutionContext.IsRunMode
            ? service.WithEnvironment("Wyckoff__Access", Access(service.ApplicationBuilder.Configuration))
            : service;

    /// <summary>Whether requests need keys in run mode: local or keys.</summary>
    public static string Access(IConfiguration configuration) => configuration["Wyckoff:Access"] ?? "local";

    /// <summary>
    /// Lets MigrationService write the first admin key to the data folder in run mode. When published nobody reads its files, so the
    /// deployment names the hash of a key.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithFirstAdminKey(this IResourceBuilder<ProjectResource> migrations, DataHome home)
    {
        var builder = migrations.ApplicationBuilder;
        return builder.ExecutionContext.IsRunMode
            ? migrations.WithEnvironment("Wyckoff__AdminKeyFile", home.AdminKeyFile)
            : migrations.WithEnvironment("Wyckoff__AdminKeyHash", builder.AddParameter("wyckoff-admin-key-hash", secret: true));
    }

    /// <summary>
    /// Keeps MigrationService running after its work when published, because Container Apps restarts a process that exits.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithStayUpWherePublished(this IResourceBuilder<ProjectResource> migrations) =>
        migrations.ApplicationBuilder.ExecutionContext.IsPublishMode ? migrations.WithEnvironment("Wyckoff__StayUp", "true") : migrations;

    /// <summary>
    /// Keeps the keys of encrypted secrets in the shared folder when published: they must outlive the container and be the same for all
    /// replicas.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithKeyFolderWherePublished(
        this IResourceBuilder<ProjectResource> service,
        string setting = "Wyckoff__Secrets__KeyFolder",
        string folder = KeyFolder
    ) => service.ApplicationBuilder.ExecutionContext.IsPublishMode ? service.WithEnvironment(setting, folder) : service;

    /// <summary>
    /// Tells the web page the address of the dashboard in run mode, so that it can link there. The token stays in the console: whoever has
    /// it sees all passwords.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDashboardLink(this IResourceBuilder<ProjectResource> service) =>
        service.ApplicationBuilder.ExecutionContext.IsRunMode && DashboardUrl(service.ApplicationBuilder.Configuration) is { } url
            ? service.WithEnvironment("Wyckoff__Web__Dashboard", new Uri(url).GetLeftPart(UriPartial.Authority))
            : service;

    /// <summary>The address of the dashboard with its token; null if it is off.</summary>
    public static string? DashboardUrl(IConfiguration configuration) =>
        configuration["ASPNETCORE_URLS"] is { Length: > 0 } url && configuration["AppHost:BrowserToken"] is { Length: > 0 } token
            ? $"{url.Split(';')[0].TrimEnd('/')}/login?t={token}"
            : null;

    /// <summary>Allows the resource name as a host name when published: other services of a deployment use it in their requests.</summary>
    public static IResourceBuilder<ProjectResource> WithOwnNameWherePublished(this IResourceBuilder<ProjectResource> service) =>
        service.ApplicationBuilder.ExecutionContext.IsPublishMode
            ? service.WithEnvironment("Wyckoff__Api__Hosts__0", service.Resource.Name)
            : service;

    /// <summary>Finds the built program of a project in the same configuration and framework as this AppHost, or returns null.</summary>
    private static string? BuiltProgram(FileInfo project)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var name = Path.ChangeExtension(project.Name, ".dll");
        var program = Path.Combine(project.DirectoryName!, "bin", framework.Parent!.Name, framework.Name, name);
        return File.Exists(program) ? program : null;
    }
}
