using Linkerd.Tcp.Primitives;

namespace Linkerd.Tcp.TestUtilities;

/// <summary>Sets every property of options classes to every value at an edge, hands the options over, and says which values were accepted.</summary>
/// <param name="handOver">By class: makes valid options, and hands changed ones over; with the path that options of the class have there.</param>
public sealed class OptionsTable(IReadOnlyDictionary<Type, OptionsTable.Entry> handOver)
{
    /// <summary>How options of a class are handed over.</summary>
    /// <param name="Path">The path, such as <c>Connect.Tcp.</c>; of options that are handed over themselves, nothing.</param>
    /// <param name="Make">Makes options that are valid, with all options that can be nested in them.</param>
    /// <param name="HandOver">Hands them over, and gives who has them then.</param>
    public sealed record Entry(string Path, Func<object> Make, Func<object, object> HandOver);

    /// <summary>Who has options, with what is to be disposed afterwards.</summary>
    public sealed record Owner(object Value, params IReadOnlyList<IAsyncDisposable> Disposables) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var disposable in Disposables)
            {
                await disposable.DisposeAsync();
            }
        }
    }

    /// <summary>The names of the values that are accepted for each property, as <c>Class.Property: names</c>.</summary>
    public async Task<IReadOnlyList<string>> AcceptedAsync(Type type)
    {
        var lines = new List<string>();
        foreach (var property in OptionsProbe.PropertiesOf(type))
        {
            var accepted = new List<string>();
            foreach (var (name, value) in OptionsValues.Of(property))
            {
                var options = handOver[type].Make();
                property.SetValue(options, value);
                if (await IsAcceptedAsync(type, options, property.Name, name))
                {
                    accepted.Add(name);
                }
            }

            lines.Add($"{type.Name}.{property.Name}: {string.Join(' ', accepted)}".TrimEnd());
        }

        return lines;
    }

    /// <summary>Where those who have options hold on to the caller's.</summary>
    public async Task<IReadOnlyList<string>> KeptAsync(Type type)
    {
        var options = OptionsProbe.Fill(handOver[type].Make());
        var owner = handOver[type].HandOver(options);
        var kept = OptionsProbe.FindIn(owner is Owner { Value: var value } ? value : owner, options).ToList();
        await DisposeAsync(owner);
        return kept;
    }

    private async Task<bool> IsAcceptedAsync(Type type, object options, string property, string value)
    {
        try
        {
            await DisposeAsync(handOver[type].HandOver(options));
            return true;
        }
        catch (InvalidOptionsException error)
        {
            var path = handOver[type].Path + property;
            if (error.Errors.All(wrong => wrong.Path != path && wrong.Path != path + "[0]"))
            {
                throw new InvalidOperationException($"{path} = {value}: {error.Message}", error);
            }

            return false;
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"{type.Name}.{property} = {value}: {error.GetType().Name}: {error.Message}", error);
        }
    }

    private static async Task DisposeAsync(object owner)
    {
        if (owner is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }
}
