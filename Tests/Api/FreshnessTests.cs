using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Wyckoff.Tests.Api;

/// <summary>Tests that replicas with a long MaxVersionAge learn a newer version from their own imports and from If-None-Match.</summary>
public sealed class FreshnessTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_reads_its_own_import_from_the_same_replica()
    {
        await using var api = Replica();
        var client = api.CreateClient();
        for (var day = 1; day <= 3; day++)
        {
            await ImportAsync(client, "MINE", day);
            // The first query is answered from the cache, the second is not.
            foreach (var query in new[] { "last=10", "from=2024-01-01&limit=10" })
            {
                var answer = JsonDocument.Parse(await client.GetStringAsync($"/v1/bars/MINE?timeframe=1d&{query}", Token)).RootElement;
                Assert.Equal((day, day), (answer.GetProperty("version").GetInt32(), answer.GetProperty("bars").GetArrayLength()));
            }
        }
    }

    [Fact]
    public async Task A_newer_ETag_from_another_replica_is_not_answered_with_an_older_version()
    {
        const string url = "/v1/bars/OURS?timeframe=1d&last=10";
        await using var first = Replica();
        await using var second = Replica();
        var (here, there) = (first.CreateClient(), second.CreateClient());
        await ImportAsync(here, "OURS", 1);
        Assert.Equal(1, JsonDocument.Parse(await there.GetStringAsync(url, Token)).RootElement.GetProperty("version").GetInt32());
        await ImportAsync(here, "OURS", 2);
        using var newer = await here.GetAsync(url, Token);

        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.IfNoneMatch.Add(newer.Headers.ETag!);
        using var answer = await there.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
        // From then on, the replica returns the newer version to all clients.
        Assert.Equal(2, JsonDocument.Parse(await there.GetStringAsync(url, Token)).RootElement.GetProperty("version").GetInt32());
    }

    private static async Task ImportAsync(HttpClient client, string symbol, int day)
    {
        using var body = new StringContent(
            $"timestamp,open,high,low,close,volume\n2024-01-{day:00},1,2,0.5,1.5,10\n",
            Encoding.UTF8,
            new MediaTypeHeaderValue("text/csv")
        );
        using var response = await client.PostAsync($"/v1/imports?symbol={symbol}&timeframe=1d", body, Token);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    private ApiServer Replica() =>
        new(database.AppConnection, settings: new(StringComparer.Ordinal) { ["Wyckoff:Cache:MaxVersionAge"] = "00:00:10" });
}
