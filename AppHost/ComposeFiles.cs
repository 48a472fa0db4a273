#if ASPIRE
using Aspire.Hosting.Docker.Resources;

namespace Wyckoff.AppHost;

/// <summary>What Docker Compose needs and Aspire's model cannot say.</summary>
internal static class ComposeFiles
{
    public static void Finish(ComposeFile file)
    {
        foreach (var service in file.Services.Values)
        {
            // Published ports go past a host's firewall. To the outside goes a reverse proxy, not the API itself.
            service.Ports = [.. service.Ports.Select(port => $"127.0.0.1:{port}")];

            // Migrations end; everything else comes back after a crash or a reboot.
            service.Restart = service.Name == "migrations" ? "no" : "unless-stopped";
        }

        file.Services["postgres"].ShmSize = DatabaseServer.SharedMemory;
    }
}
#endif
