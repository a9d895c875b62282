using System.Globalization;
using Linkerd.Tcp.Hosting;
using Microsoft.AspNetCore.Http;

namespace Linkerd.Tcp.Cli.Admin;

/// <summary>The query of a list: which items, in which order, and which part of them. Immutable.</summary>
internal sealed class ListQuery
{
    /// <summary>The most items in an answer.</summary>
    public const int MaxLimit = 1000;

    // A sorted answer holds all items up to its last one.
    private const int MaxSorted = 10_000;
    private const int DefaultLimit = 100;

    private ListQuery()
    {
    }

    /// <summary>Gets the number of items to skip.</summary>
    public int Offset { get; private init; }

    /// <summary>Gets the largest number of items to return.</summary>
    public int Limit { get; private init; } = DefaultLimit;

    /// <summary>Gets the name of the property to sort by; null for the order of the list.</summary>
    public string? Sort { get; private init; }

    /// <summary>Gets a value that indicates whether the largest comes first.</summary>
    public bool IsDescending { get; private init; }

    /// <summary>Gets the values of the filters.</summary>
    public IReadOnlyList<(string Name, string Value)> Filters { get; private init; } = [];

    /// <summary>Reads a query.</summary>
    /// <param name="query">The parameters.</param>
    /// <param name="filters">The names of filters.</param>
    /// <param name="sorts">The names of properties to sort by.</param>
    /// <exception cref="InvalidValueException">A parameter is not valid. The message has no value of the client, as a secret may be in it.</exception>
    public static ListQuery Read(IQueryCollection query, IReadOnlyCollection<string> filters, IReadOnlyCollection<string> sorts)
    {
        string[] known = [.. filters, .. sorts.Count == 0 ? [] : (string[])["sort"], "offset", "limit"];
        var values = new List<(string Name, string Value)>();
        foreach (var (name, value) in query)
        {
            if (!known.Contains(name))
            {
                var meant = Suggestion.Find(name, known);
                throw new InvalidValueException($"A parameter of the query is not known{(meant is null ? string.Empty : $"; did you mean {meant}?")}{(meant is null ? "." : string.Empty)} Expected {string.Join(", ", known)}.");
            }

            values.Add(value is [{ } text] ? (name, text) : throw new InvalidValueException($"The parameter {name} is given several times; expected once."));
        }

        var sort = Find("sort");
        var isDescending = sort is ['-', ..];
        sort = isDescending ? sort![1..] : sort;
        if (sort is not null && !sorts.Contains(sort))
        {
            throw new InvalidValueException($"The parameter sort was expected to be one of {string.Join(", ", sorts)}, with a minus before it for the largest first.");
        }

        var (offset, limit) = (Number("offset", 0, int.MaxValue / 2, 0), Number("limit", 1, MaxLimit, DefaultLimit));
        return sort is null || offset + limit <= MaxSorted
            ? new() { Offset = offset, Limit = limit, Sort = sort, IsDescending = isDescending, Filters = [.. values.Where(pair => filters.Contains(pair.Name))] }
            : throw new InvalidValueException($"The parameters offset and limit were expected to be at most {MaxSorted} together with sort; use filters for a smaller list.");

        string? Find(string name) => values.Find(pair => pair.Name == name).Value;

        int Number(string name, int least, int most, int fallback) => Find(name) is not { } text ? fallback
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
            : throw new InvalidValueException($"The parameter {name} was expected to be a number from {least} to {most}.");
    }
}
