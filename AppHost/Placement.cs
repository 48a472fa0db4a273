using Microsoft.Extensions.Configuration;

namespace Wyckoff.AppHost;

/// <summary>Where the database and the cache are, and what the services are made into.</summary>
internal enum Placement
{
    /// <summary>Run here, servers in containers.</summary>
    Containers,

    /// <summary>Run here, servers as processes of this user.</summary>
    LocalProcesses,

    /// <summary>Publish as Docker Compose, servers included.</summary>
    Compose,

    /// <summary>Publish for Azure Container Apps, servers brought along.</summary>
    Azure,
}

internal static class Placements
{
    // Published containers have a name of their own each, so both services may use the port that .NET images listen on.
    private const int ContainerPort = 8080;

    /// <summary>Exactly one: two compute environments in one model would leave Aspire unable to assign the services.</summary>
    public static Placement Choose(IDistributedApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (builder.ExecutionContext.IsPublishMode)
        {
            // azd asks for the manifest, and nobody else does: there the answer can only be Azure.
            var azd = string.Equals(configuration["Publishing:Publisher"], "manifest", StringComparison.OrdinalIgnoreCase);
            var target = configuration["Wyckoff:Publish"] ?? (azd ? "azure" : "compose");
            return target.ToUpperInvariant() switch
            {
                "COMPOSE" => Placement.Compose,
                "AZURE" => Placement.Azure,
                _ => throw new DistributedApplicationException($"Wyckoff:Publish is '{target}'; it must be 'compose' or 'azure'."),
            };
        }

        // A model with containers and no engine never starts and never ends, so look first.
        var noContainers = configuration["Wyckoff:NoContainers"] is null
            ? !ContainerRuntime.Answers(configuration["ASPIRE_CONTAINER_RUNTIME"])
            : configuration.IsOn("Wyckoff:NoContainers");
        return noContainers ? Placement.LocalProcesses : Placement.Containers;
    }

    /// <summary>The HTTP endpoint of a service. Without a host port Aspire picks one in run mode, and none is published.</summary>
    public static IResourceBuilder<ProjectResource> WithServicePort(this IResourceBuilder<ProjectResource> service, Placement placement, int? hostPort = null) =>
        placement switch
        {
            Placement.Compose => service.WithHttpEndpoint(port: hostPort, targetPort: ContainerPort),
            Placement.Azure => service.WithHttpEndpoint(targetPort: ContainerPort),
            _ => service.WithHttpEndpoint(port: hostPort),
        };

    /// <summary>A secret that is made up at the first start and kept (in the user secrets, or in the deployment's state). Without special characters: it stands in connection strings.</summary>
    public static IResourceBuilder<ParameterResource> AddGeneratedPassword(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddParameter(name, new GenerateParameterDefault { MinLength = 24, Special = false }, secret: true, persist: true);

    /// <summary>The password of a role: made up where the database is ours, asked for where it is brought along.</summary>
    public static IResourceBuilder<ParameterResource> AddRolePassword(this IDistributedApplicationBuilder builder, string name, Placement placement) =>
        placement is Placement.Azure ? builder.AddParameter(name, secret: true) : builder.AddGeneratedPassword(name);

    public static bool IsOn(this IConfiguration configuration, string key) =>
        string.Equals(configuration[key], "true", StringComparison.OrdinalIgnoreCase);
}
