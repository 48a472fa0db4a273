using Wyckoff.LocalServers;

namespace Wyckoff.Tests.Api.Faults;

/// <summary>Runs the API as a process of its own.</summary>
internal sealed class ApiProcess : IAsyncDisposable
{
    private readonly LeashedProcess _process;

    private ApiProcess(LeashedProcess process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public static async Task<ApiProcess> StartAsync(string database, string cache)
    {
        var address = new Uri($"http://127.0.0.1:{PortOwner.PickFree()}");
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["ConnectionStrings__wyckoff"] = database,
            ["ConnectionStrings__cache"] = cache,
            ["ASPNETCORE_URLS"] = address.ToString(),
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            // All readers of a test have the same address, so they would share one rate limit.
            ["Wyckoff__Api__RateLimit__Enabled"] = "false",
            ["Wyckoff__Access"] = "local",
        };
        var process = LeashedProcess.Start(
            "API",
            "dotnet",
            [Run.Dll("Api")],
            environment,
            Path.GetDirectoryName(Run.Dll("Api")),
            "TERM",
            TimeSpan.FromSeconds(10),
            _ => { }
        );
        var api = new ApiProcess(process, address);
        using var client = new HttpClient { BaseAddress = address };
        await Eventually.HoldsAsync(
            async () =>
            {
                Assert.False(process.Exited.IsCompleted, $"The API has exited: {api.LogTail}");
                try
                {
                    using var response = await client.GetAsync("/alive", TestContext.Current.CancellationToken);
                    return true;
                }
                catch (HttpRequestException)
                {
                    return false;
                }
            },
            () => $"the API has not started: {api.LogTail}"
        );
        return api;
    }

    /// <summary>The last lines that the process has logged.</summary>
    public string LogTail => string.Join('\n', _process.LastLines);

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
