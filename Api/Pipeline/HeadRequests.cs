using Microsoft.AspNetCore.Http.Features;

namespace Wyckoff.Api.Pipeline;

/// <summary>HEAD wherever GET is: the same work up to the first byte of the body, which is not sent; what would come after it is not done.</summary>
public static class HeadRequests
{
    public static IApplicationBuilder UseHead(this IApplicationBuilder app) =>
        app.Use(static (context, next) => HttpMethods.IsHead(context.Request.Method) ? HeadAsync(context, next) : next(context));

    /// <summary>Nothing but headers is wanted, so nothing that happens after them matters.</summary>
    public static bool IsHead(HttpContext context) => context.Items.ContainsKey(typeof(NoBody));

    private static async Task HeadAsync(HttpContext context, RequestDelegate next)
    {
        var lifetime = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        var left = lifetime.RequestAborted;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(left);
        var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(new NoBody(body, enough), body));
        context.Items[typeof(NoBody)] = true;
        context.Request.Method = HttpMethods.Get; // for the router; the server remembers what it was
        context.Features.Set<IHttpRequestLifetimeFeature>(new Lifetime(lifetime, enough.Token) { RequestAborted = enough.Token });
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (enough.IsCancellationRequested && !left.IsCancellationRequested)
        {
            // What was called off.
        }
        finally
        {
            context.Request.Method = HttpMethods.Head;
            context.Features.Set(lifetime);
            context.Features.Set(body);
        }
    }

    /// <summary>What is called off may be taken for a reader who has left, and the connection be broken: not for that.</summary>
    private sealed class Lifetime(IHttpRequestLifetimeFeature server, CancellationToken enough) : IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public void Abort()
        {
            if (!enough.IsCancellationRequested || server.RequestAborted.IsCancellationRequested)
            {
                server.Abort();
            }
        }
    }

    /// <summary>With the first that is written to it, the headers go out and the rest is called off. Not by the token of a write to the server: that would break the connection.</summary>
    private sealed class NoBody(IHttpResponseBodyFeature body, CancellationTokenSource enough) : Stream
    {
        private readonly CancellationToken _called = enough.Token;
        private bool _over;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() { }

        public override async Task FlushAsync(CancellationToken cancellationToken)
        {
            // Once only: a writer that is still at it when the endpoint has ended must not begin the answer to the connection's next request.
            if (!_over)
            {
                _over = true;
                await body.StartAsync(CancellationToken.None);
                await enough.CancelAsync();
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) { }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _called.ThrowIfCancellationRequested(); // whoever does not look at the token ends here
            return new(FlushAsync(cancellationToken));
        }
    }
}
