namespace Wyckoff.Api.Requests;

/// <summary>What a request says, read parameter by parameter: all that is wrong with it is found at once, and named.</summary>
public sealed class Inputs
{
    private readonly HttpContext _context;
    private Dictionary<string, string[]>? _errors;

    /// <param name="context">The request.</param>
    /// <param name="known">What it may say. Anything else is most likely a slip of the pen, and is named too.</param>
    public Inputs(HttpContext context, IReadOnlyList<Parameter> known)
    {
        _context = context;
        foreach (var (name, values) in context.Request.Query)
        {
            if (!known.Any(parameter => !parameter.InPath && parameter.Name == name))
            {
                var names = known.Where(parameter => !parameter.InPath).Select(parameter => parameter.Name).ToArray();
                Refuse(
                    Parameters.Quote(name).Trim('\''),
                    names.Length == 0
                        ? "There are no parameters here."
                        : $"There is no such parameter: {string.Join(", ", names)} are expected."
                );
            }
            else if (values.Count > 1)
            {
                Refuse(name, $"It is there {values.Count} times: once is expected.");
            }
        }
    }

    public bool AreWrong => _errors is not null;

    /// <summary>All that is wrong, by the parameter's name.</summary>
    public IReadOnlyDictionary<string, string[]> Errors => _errors ?? [];

    public bool Has(Parameter parameter) => Text(parameter) is not null;

    /// <summary>The value; the other one when nothing was said, or nothing that can be understood.</summary>
    public T Get<T>(Parameter<T> parameter, T otherwise)
    {
        if (Text(parameter) is not { } text)
        {
            if (parameter.Required)
            {
                Refuse(parameter.Name, "It is missing.");
            }

            return otherwise;
        }

        if (parameter.Read(text, out var value) is not { } wrong)
        {
            return value;
        }

        Refuse(parameter.Name, wrong);
        return otherwise;
    }

    /// <summary>The value; null when nothing was said.</summary>
    public T? Find<T>(Parameter<T> parameter)
        where T : struct => Has(parameter) ? Get(parameter, default) : null;

    public void Refuse(string name, string why) => (_errors ??= new(StringComparer.Ordinal)).TryAdd(name, [why]);

    public IResult Problem() => Problems.Invalid(Errors);

    // An empty value says nothing, as forms send them; but a path always says something.
    private string? Text(Parameter parameter)
    {
        if (parameter.InPath)
        {
            // Of all that is escaped in a path, the server leaves the slash as it came, or it would be one between two segments.
            return (_context.Request.RouteValues[parameter.Name] as string ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        }

        return _context.Request.Query.TryGetValue(parameter.Name, out var values) && values[0] is { Length: > 0 } text ? text : null;
    }
}
