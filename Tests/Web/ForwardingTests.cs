using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Wyckoff.Tests.Api;

namespace Wyckoff.Tests.Web;

/// <summary>The API's paths under the origin of the web page: requests and answers pass as they come.</summary>
public sealed class ForwardingTests(SampleDatabase database) : IClassFixture<SampleDatabase>, IAsyncLifetime
{
    private const long Gibibyte = 1L << 30;
    private const int Part = 1 << 16;

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromMinutes(5) };
    private readonly TaskCompletionSource _firstPart = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ListeningApi _api = null!;
    private WebServer _web = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await ListeningApi.StartAsync(
            database.AppConnection,
            endpoints: routes =>
            {
                routes.MapPost("/v1/test/upload", CountAsync).WithMetadata(new DisableRequestSizeLimitAttribute());
                routes.MapGet(
                    "/v1/test/headers",
                    (HttpRequest request) => request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString())
                );
            }
        );
        _web = await WebServer.StartAsync(_api.Address);
        _client.BaseAddress = _web.Address;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _web.DisposeAsync();
        await _api.DisposeAsync();
    }

    [Fact]
    public async Task An_upload_of_1_GiB_passes_while_it_is_sent()
    {
        using var content = new Upload(Gibibyte, _firstPart.Task);
        using var response = await _client.PostAsync("/v1/test/upload", content, Token);
        Assert.Equal(Gibibyte, await response.Content.ReadFromJsonAsync<long>(Token));
        Assert.True(_web.PeakMemory < Gibibyte / 2, $"The web page used {_web.PeakMemory >> 20} MiB.");
    }

    [Fact]
    public async Task An_event_stream_passes_event_by_event()
    {
        using var response = await _client.GetAsync(
            "/v1/bars/AAPL/stream?timeframe=1d&last=1",
            HttpCompletionOption.ResponseHeadersRead,
            Token
        );
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
        await NextAsync(lines, "2024-12-31");
        await database.ExecuteAsync(
            "UPDATE ohlcv_bars SET close = high WHERE timeframe = '1d' AND timestamp = '2024-12-31' "
                + "AND ticker_id = (SELECT id FROM tickers WHERE symbol = 'AAPL')"
        );
        // The answer goes on for as long as the client reads, so this line arrives only if nothing waits for its end.
        await NextAsync(lines, "2024-12-31");
    }

    [Fact]
    public async Task The_API_sees_the_request_as_the_browser_sent_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/test/headers");
        request.Headers.Authorization = new("Bearer", "something");
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        using var response = await _client.SendAsync(request, Token);
        var headers = (await response.Content.ReadFromJsonAsync<Dictionary<string, string>>(Token))!;
        Assert.Equal(_web.Address.Authority, headers["Host"]);
        Assert.Equal("Bearer something", headers["Authorization"]);
        Assert.Equal("same-origin", headers["Sec-Fetch-Site"]);
        Assert.DoesNotContain(
            headers.Keys,
            name => name.StartsWith("X-", StringComparison.OrdinalIgnoreCase) || name is "Forwarded" or "Via"
        );
    }

    [Fact]
    public async Task Answers_pass_as_the_API_sent_them()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/bars/SPY?timeframe=1d&limit=200");
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("br"));
        using var response = await _client.SendAsync(request, Token);
        Assert.Equal(["br"], response.Content.Headers.ContentEncoding);
        Assert.NotNull(response.Headers.ETag);
        // Not the policy of the pages, which allows scripts.
        Assert.DoesNotContain("script-src", Assert.Single(response.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);

        using var refused = await _client.GetAsync("/v1/bars/SPY?timeframe=nothing", Token);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.True(problem.GetProperty("errors").TryGetProperty("timeframe", out _));
    }

    [Fact]
    public async Task No_log_level_shows_what_a_request_or_a_form_has()
    {
        await using var web = await WebServer.StartAsync(
            _api.Address,
            new(StringComparer.Ordinal) { ["Logging:LogLevel:Default"] = "Trace", ["Logging:LogLevel:Microsoft"] = "Trace" }
        );
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(web.Address, "/v1/auth/oidc/callback?code=hush-in-query"));
        request.Headers.Authorization = new("Bearer", "hush-in-header");
        request.Headers.Add("Cookie", "wyckoff-session=hush-in-cookie");
        using var forwarded = await _client.SendAsync(request, Token);
        using var page = await _client.GetAsync(new Uri(web.Address, "/sign-in?returnUrl=/chart"), Token);
        await Eventually.HoldsAsync(() => web.Output.Contains("dbug", StringComparison.Ordinal), () => web.Output);
        Assert.DoesNotContain("hush", web.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_API_a_request_fails_and_the_page_says_so()
    {
        await _api.DisposeAsync();
        using var forwarded = await _client.GetAsync("/v1/tickers", Token);
        Assert.Equal(HttpStatusCode.BadGateway, forwarded.StatusCode);
        using var page = await _client.GetAsync("/system", Token);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, page.StatusCode);
        Assert.Contains("The API does not answer", await page.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    private async Task<long> CountAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var buffer = new byte[Part];
        long count = 0;
        for (int read; (read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0; )
        {
            count += read;
            if (count >= Part)
            {
                _firstPart.TrySetResult();
            }
        }

        return count;
    }

    /// <summary>Reads up to a line that contains the text.</summary>
    private static async Task NextAsync(StreamReader lines, string text)
    {
        while (!(await lines.ReadLineAsync(Token) ?? throw new EndOfStreamException()).Contains(text, StringComparison.Ordinal)) { }
    }

    /// <summary>Bytes that are made as they are sent. After the first part the rest waits until the service has that part.</summary>
    private sealed class Upload(long length, Task firstPartArrived) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var part = new byte[Part];
            await stream.WriteAsync(part, Token);
            await stream.FlushAsync(Token);
            await firstPartArrived.WaitAsync(Eventually.Bound, Token);
            for (var sent = (long)Part; sent < length; sent += Part)
            {
                await stream.WriteAsync(part, Token);
            }
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return true;
        }
    }
}
