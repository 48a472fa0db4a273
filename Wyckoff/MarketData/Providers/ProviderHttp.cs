using System.Net;
using Microsoft.Extensions.Logging;
using Wyckoff.Telemetry;

namespace Wyckoff.MarketData.Providers;

/// <summary>Asks over HTTP until there is an answer that can be read, within a provider's limits.</summary>
internal sealed class ProviderHttp(string provider, HttpClient client, RequestLimiter limiter, RetryOptions retry, TimeProvider time, Random random, ILogger logger)
{
    /// <summary>Nothing a provider sends is larger; a body without end must not fill the memory.</summary>
    private const int MaxBody = 64 * 1024 * 1024;

    /// <summary>Where <paramref name="read"/> finds a body that is not what was asked for (<see cref="FormatException"/>), it was mutilated on the way, and is asked for again.</summary>
    public async Task<Answer<T>> GetAsync<T>(Func<HttpRequestMessage> request, Func<byte[], T> read, CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            await limiter.WaitAsync(cancellationToken);
            var (answer, failure) = await TryAsync(request, read, cancellationToken);
            if (failure is null)
            {
                return answer!;
            }

            MarketDataMetrics.ProviderError(provider, failure.Outcome);
            var delay = retry.Delay(failures, random);
            if (failure.RetryAfter is { } asked)
            {
                if (asked > retry.MaxRetryAfter)
                {
                    throw new ProviderException($"{provider}: {failure.Reason}; it asks to be left alone for {asked}.", failure.Exception);
                }

                delay = asked > delay ? asked : delay;
                limiter.PauseUntil(time.GetUtcNow() + asked);
            }

            if (!failure.MayPass || failures == retry.Attempts)
            {
                throw new ProviderException($"{provider}: {failure.Reason}{(failures > 1 ? FormattableString.Invariant($" ({failures} attempts)") : "")}.", failure.Exception);
            }

            logger.ProviderRetry(provider, failure.Reason, delay);
            await Task.Delay(delay, time, cancellationToken);
        }
    }

    private async Task<(Answer<T>? Answer, Failure? Failure)> TryAsync<T>(Func<HttpRequestMessage> make, Func<byte[], T> read, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(retry.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var request = make();
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var body = await ReadAsync(response.Content, either.Token);
            if (response.IsSuccessStatusCode)
            {
                var value = read(body);
                MarketDataMetrics.ProviderRequest(provider, "ok");
                return (new(value, body, response.Content.Headers.ContentType?.MediaType ?? "application/octet-stream"), null);
            }

            var reason = $"{(int)response.StatusCode} {response.ReasonPhrase}{Words(body)}";
            var asked = RetryOptions.Asked(response.Headers.RetryAfter, time.GetUtcNow());
            return (null, response.StatusCode switch
            {
                HttpStatusCode.TooManyRequests => new("throttled", reason, true, asked),
                HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new("server_error", reason, true, asked),
                _ => new("refused", reason, false, null),
            });
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return (null, new("timeout", $"no answer within {retry.Timeout}", true, null, e));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return (null, new("network", e.InnerException?.Message ?? e.Message, true, null, e));
        }
        catch (FormatException e)
        {
            return (null, new("malformed", e.Message, true, null, e));
        }
    }

    private static async Task<byte[]> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        await using var stream = await content.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[81_920];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            await body.WriteAsync(buffer.AsMemory(0, read), CancellationToken.None);
            if (body.Length > MaxBody)
            {
                throw new FormatException(FormattableString.Invariant($"an answer of more than {MaxBody} bytes"));
            }
        }

        return body.ToArray();
    }

    // The first words of what a provider says about its refusal, on one line.
    private static string Words(byte[] body)
    {
        var text = System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 200))).ReplaceLineEndings(" ").Trim();
        return text.Length == 0 ? "" : ": " + text;
    }

    internal sealed record Answer<T>(T Value, byte[] Body, string ContentType);

    private sealed record Failure(string Outcome, string Reason, bool MayPass, TimeSpan? RetryAfter, Exception? Exception = null);
}
