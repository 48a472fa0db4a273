using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.OpenApi;

/// <summary>The parameters of an endpoint.</summary>
public sealed record DescribedParameters(IReadOnlyList<Parameter> Parameters);

/// <summary>An example of a request body.</summary>
public sealed record DescribedBody(string ContentType, string Text);

/// <summary>The content types of files that an endpoint accepts, for the document only: the router must not refuse others.</summary>
public sealed record DescribedFiles(IReadOnlyList<string> ContentTypes);

/// <summary>An example of a response body.</summary>
public sealed record DescribedExample(string ContentType, string Text);

/// <summary>The problems of an endpoint, beside those that all endpoints have.</summary>
public sealed record DescribedProblems(IReadOnlyList<ProblemKind> Kinds);

/// <summary>Declares what the OpenAPI document says of an endpoint.</summary>
public static class EndpointDescription
{
    /// <summary>Declares the parameters.</summary>
    public static TBuilder Takes<TBuilder>(this TBuilder endpoint, IReadOnlyList<Parameter> parameters)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedParameters(parameters));

    /// <summary>Declares an example of the request body.</summary>
    public static TBuilder Sends<TBuilder>(this TBuilder endpoint, string contentType, string example)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedBody(contentType, example));

    /// <summary>Declares the content types of the files that a request may send.</summary>
    public static TBuilder SendsFiles<TBuilder>(this TBuilder endpoint, IReadOnlyList<string> contentTypes)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedFiles(contentTypes));

    /// <summary>Declares an example of the response body.</summary>
    public static TBuilder Answers<TBuilder>(this TBuilder endpoint, string contentType, string example)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedExample(contentType, example));

    /// <summary>Declares the problems.</summary>
    public static TBuilder Fails<TBuilder>(this TBuilder endpoint, params IReadOnlyList<ProblemKind> kinds)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedProblems(kinds));
}
