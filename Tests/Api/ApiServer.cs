using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Wyckoff.Api;

namespace Wyckoff.Tests.Api;

/// <summary>The API in this process, on the connection strings a test gives it.</summary>
internal sealed class ApiServer(string database, string? cache = null, Dictionary<string, string>? settings = null)
    : WebApplicationFactory<ApiAssembly>
{
    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSolutionRelativeContentRoot("Api");
        builder.UseSetting("ConnectionStrings:wyckoff", database);
        builder.UseSetting("ConnectionStrings:cache", cache ?? "");
        // Most tests ask a few questions; a backend costs the server tens of milliseconds.
        builder.UseSetting("Wyckoff:Database:MinPoolSize", "1");
        // Most tests write past this server, and read at once.
        builder.UseSetting("Wyckoff:Cache:MaxVersionAge", "00:00:00");
        builder.UseSetting("Wyckoff:Api:RateLimit:Enabled", "false"); // whoever tests it says so
        foreach (var (key, value) in settings ?? [])
        {
            builder.UseSetting(key, value);
        }
    }
}
