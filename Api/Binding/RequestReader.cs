using Wyckoff.Api.Errors;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Binding;

/// <summary>Reads the path and query parameters of a request and collects all errors, so that a client learns of them at once.</summary>
public sealed class RequestReader
{
    private readonly HttpContext _context;
    private Dictionary<string, string[]>? _errors;

    /// <param name="context">The request.</param>
    /// <param name="parameters">The parameters of the endpoint. Every other parameter of the query is an error.</param>
    /// <param name="refuseEmpty">
    /// An empty value is an error: where data is written, an unset variable in a script must not select a default.
    /// </param>
    public RequestReader(HttpContext context, IReadOnlyList<Parameter> parameters, bool refuseEmpty = false)
    {
        _context = context;
        foreach (var (name, values) in context.Request.Query)
        {
            if (!parameters.Any(parameter => !parameter.InPath && parameter.Name == name))
            {
                var names = parameters.Where(parameter => !parameter.InPath).Select(parameter => parameter.Name).ToArray();
                AddError(
                    Parameters.Quote(name).Trim('\''),
                    names.Length == 0
                        ? "This endpoint has no query parameters."
                        : $"Unknown parameter; expected one of {string.Join(", ", names)}."
                );
            }
            else if (values.Count > 1)
            {
                AddError(name, $"Given {values.Count} times; expected once.");
            }
            else if (refuseEmpty && values[0] is not { Length: > 0 })
            {
                AddError(name, "Empty: give a value, or leave the parameter out.");
            }
        }
    }

    public bool HasErrors => _errors is not null;

    public bool Has(Parameter parameter) => Text(parameter) is not null;

    /// <summary>The value of a parameter, or the default value if it is absent or invalid.</summary>
    public T Get<T>(Parameter<T> parameter, T defaultValue)
    {
        if (Text(parameter) is not { } text)
        {
            if (parameter.Required)
            {
                AddError(parameter.Name, "Missing.");
            }

            return defaultValue;
        }

        if (parameter.Read(text, out var value) is not { } error)
        {
            return value;
        }

        AddError(parameter.Name, error);
        return defaultValue;
    }

    /// <summary>The value of a parameter, or the default of its type if it is absent or invalid.</summary>
    public T? Get<T>(Parameter<T> parameter) => Get(parameter, default!);

    /// <summary>The value of an optional parameter; null if it is absent.</summary>
    public T? Find<T>(Parameter<T> parameter)
        where T : struct => Has(parameter) ? Get(parameter, default) : null;

    /// <summary>The position in the cursor of a request; null without a cursor, or with one of another query.</summary>
    /// <param name="query">The text that the cursor was made with.</param>
    /// <param name="parse">Parses the position; null if it is none.</param>
    public T? FindPosition<T>(string query, Func<string, T?> parse)
        where T : struct
    {
        // With another error the query differs from the one that the cursor was made for.
        if (Get(Parameters.Cursor) is not { Length: > 0 } cursor || HasErrors)
        {
            return null;
        }

        var position = Cursor.Read(query, cursor) is { } text ? parse(text) : null;
        if (position is null)
        {
            AddError(
                Parameters.Cursor.Name,
                "Not a cursor of this query: send 'next' of the previous page, with all other parameters unchanged."
            );
        }

        return position;
    }

    /// <summary>The bounds of a range of bars in UTC; null for one that is absent.</summary>
    public (DateTimeOffset? From, DateTimeOffset? To) Range(
        Parameter<DateTimeOffset> from,
        Parameter<DateTimeOffset> to,
        Timeframe timeframe
    ) => (Find(from) is { } start ? timeframe.Bound(start) : null, Find(to) is { } end ? timeframe.Bound(end) : null);

    /// <summary>Adds an error if the range [from, to) is empty.</summary>
    public void RequireRange(DateTimeOffset? from, DateTimeOffset? to)
    {
        if (from >= to && _errors?.ContainsKey(Parameters.To.Name) != true)
        {
            AddError(
                Parameters.From.Name,
                FormattableString.Invariant(
                    $"{from:yyyy-MM-ddTHH:mm:ss.FFFFFFFZ} is not before {to:yyyy-MM-ddTHH:mm:ss.FFFFFFFZ}: a range [from, to) is expected."
                )
            );
        }
    }

    /// <summary>Adds an error. Only the first error of a parameter is kept.</summary>
    public void AddError(string name, string message) => (_errors ??= new(StringComparer.Ordinal)).TryAdd(name, [message]);

    /// <summary>The problem document that names all errors.</summary>
    public IResult Problem() => Problems.Invalid(_errors ?? []);

    // Forms send empty values for fields that are not filled in, so an empty query parameter counts as absent.
    private string? Text(Parameter parameter)
    {
        if (parameter.InPath)
        {
            // Kestrel decodes all escapes of a path but %2F, which would become a separator.
            return (_context.Request.RouteValues[parameter.Name] as string ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        }

        return _context.Request.Query.TryGetValue(parameter.Name, out var values) && values[0] is { Length: > 0 } text ? text : null;
    }
}
