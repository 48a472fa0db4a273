using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Wyckoff.Api;

namespace Wyckoff.Tests.Api;

/// <summary>The API in this process, without a network, with the connection strings of a test.</summary>
internal sealed class ApiServer(string database, string? cache = null, Dictionary<string, string>? settings = null)
    : WebApplicationFactory<ApiAssembly>
{
    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSolutionRelativeContentRoot("Api");
        builder.UseSetting("ConnectionStrings:wyckoff", database);
        builder.UseSetting("ConnectionStrings:cache", cache ?? "");
        // Most tests send few requests, and the start of each backend takes tens of milliseconds.
        builder.UseSetting("Wyckoff:Database:MinPoolSize", "1");
        // Most tests change the database directly and read the bars at once, so versions are not cached.
        builder.UseSetting("Wyckoff:Cache:MaxVersionAge", "00:00:00");
        builder.UseSetting("Wyckoff:Api:RateLimit:Enabled", "false"); // Tests of the rate limit enable it.
        builder.UseSetting("Wyckoff:Access", "local"); // Tests of keys set it to keys.
        foreach (var (key, value) in settings ?? [])
        {
            builder.UseSetting(key, value);
        }
    }
}
