using Microsoft.Extensions.Configuration;

namespace Wyckoff.AppHost;

/// <summary>Where PostgreSQL or Redis runs.</summary>
internal enum Placement
{
    /// <summary>An existing server, named by a connection string in the configuration or, when publishing, by the deployment.</summary>
    Given,

    /// <summary>A container that the AppHost starts.</summary>
    Containers,

    /// <summary>A local process that the AppHost starts.</summary>
    Local,
}

/// <summary>Chooses where a server runs.</summary>
internal static class Placements
{
    /// <summary>
    /// Chooses where a server runs and prints the choice with its reason. The choice is made before resources are added, because a model
    /// with containers waits forever if there is no engine.
    /// </summary>
    public static Placement Choose(this IDistributedApplicationBuilder builder, string connection, string server, AppHostOptions options)
    {
        if (builder.ExecutionContext.IsPublishMode)
        {
            // PostgreSQL cannot run on the volumes of Container Apps, so a deployment names its own servers.
            return Placement.Given;
        }

        if (builder.Configuration.GetConnectionString(connection) is { Length: > 0 })
        {
            return options.Placement is null
                ? Say(Placement.Given, $"{server}: the server that ConnectionStrings__{connection} names")
                : throw new AppHostException(
                    $"ConnectionStrings__{connection} names a server, and --containers or --local asks for another: leave one of them out."
                );
        }

        if (options.Placement is Placement.Local)
        {
            return OperatingSystem.IsLinux() ? Say(Placement.Local, $"{server}: a local process (--local)") : throw NoLocalServers();
        }

        var engine = ContainerEngine.Find(builder.Configuration["ASPIRE_CONTAINER_RUNTIME"]);
        return (engine, options.Placement) switch
        {
            ({ } found, Placement.Containers) => Say(Placement.Containers, $"{server}: a container of {found} (--containers)"),
            ({ } found, _) => Say(Placement.Containers, $"{server}: a container, because {found} answers"),
            (null, Placement.Containers) => throw new AppHostException(
                "--containers was asked for, and neither docker nor podman answers: start one of them, or leave the option out."
            ),
            (null, _) when OperatingSystem.IsLinux() => Say(
                Placement.Local,
                $"{server}: a local process, because neither docker nor podman answers"
            ),
            _ => throw NoLocalServers(),
        };
    }

    private static Placement Say(Placement placement, string reason)
    {
        Console.WriteLine(reason);
        return placement;
    }

    private static AppHostException NoLocalServers() =>
        new(
            "Neither docker nor podman answers, and local servers are for Linux: start Docker Desktop or Podman, or name servers in "
                + "ConnectionStrings__wyckoff and ConnectionStrings__cache."
        );
}
