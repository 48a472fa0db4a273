using Microsoft.Extensions.Configuration;

namespace Wyckoff.AppHost;

/// <summary>Where a server, the database or the cache, runs.</summary>
internal enum Placement
{
    /// <summary>Somebody else's server, by a connection string: the configuration's or, published, the deployment's.</summary>
    Given,

    /// <summary>A container of ours.</summary>
    Containers,

    /// <summary>A process of ours.</summary>
    Local,
}

internal static class Placements
{
    /// <summary>
    /// Decides before resources are added, because a model with containers and no engine waits for ever. Prints the choice and its reason.
    /// </summary>
    public static Placement Choose(this IDistributedApplicationBuilder builder, string connection, string server, AppHostOptions options)
    {
        if (builder.ExecutionContext.IsPublishMode)
        {
            // PostgreSQL cannot live on the volumes of Container Apps, so a deployment brings its own servers.
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
