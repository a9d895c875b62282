using System.Globalization;

namespace Linkerd.Tcp.Hosting.Reading;

/// <summary>Reads the nodes of a file into a model, by its shape. For one file, and one thread.</summary>
internal sealed class ModelReader(ConfigurationPart shape, ConfigurationProblems problems, ValueReader values)
{
    private const string KindKey = "kind";
    private const int MostKeys = 3;

    private readonly Dictionary<string, TextPosition> _positions = [];
    private readonly Dictionary<string, string> _variables = [];
    private readonly Dictionary<string, Scope> _scopes = [];
    private MappingNode? _root;
    private Scope? _top;

    // Keys that seem to be missing may be those that a merge key was meant to copy, which is an error by itself.
    private bool _isMerged;

    /// <summary>True if the file is a mapping, so that there is a configuration to check.</summary>
    public bool IsMapping => _root is not null;

    /// <summary>The places of all keys and items of lists that were read, by their path.</summary>
    public IReadOnlyDictionary<string, TextPosition> Positions => _positions;

    /// <summary>The environment variables in values, by the paths of these.</summary>
    public IReadOnlyDictionary<string, string> Variables => _variables;

    /// <summary>Reads a whole file.</summary>
    /// <param name="node">The root of the file.</param>
    /// <param name="model">The model, which gets the values that can be read.</param>
    public void Read(ConfigurationNode node, object model)
    {
        _positions[string.Empty] = node.Position;
        if (node is MappingNode root)
        {
            _root = root;
            _top = new Scope(shape, model, string.Empty, string.Empty);
            Read(_top, root);
        }
        else
        {
            problems.Error(node.Position, string.Empty, node is InvalidNode invalid ? invalid.Problem : $"expected a mapping with the key {string.Join(", ", shape.Children.Where(static child => child.IsRequired).Select(static child => child.Key))}, not {NameOf(node)}");
        }
    }

    /// <summary>
    /// Adds an error of the model as a whole, unless it follows from one of the file: the value has an error, or the value fits to none in its part, which has one.
    /// </summary>
    public void AddError(string path, string message)
    {
        var scope = ScopeOf(path);
        var key = scope.KeyOf(path);
        if (_isMerged || scope.IsExcused(key) || (scope.HasErrors && _positions.ContainsKey(path)) || IsWithinExcused(path))
        {
            return;
        }

        var missing = _positions.ContainsKey(path) ? null : RequiredOption(scope, key);
        problems.Error(ConfigurationReading.PositionOf(_positions, path), path, missing is null ? message.TrimEnd('.') : $"the key is missing; expected {missing.Range}");
    }

    private static ConfigurationOption? RequiredOption(Scope scope, string key)
    {
        var tree = KeyTree.Of(scope.Shape);
        foreach (var segment in key.Split('.'))
        {
            tree = tree?.Find(segment);
        }

        return tree?.Option is { Default: "required" } option ? option : null;
    }

    private static string NameOf(ConfigurationNode node) => node switch
    {
        SequenceNode => "a list",
        MappingNode => "a mapping",
        ScalarNode { IsNull: true } => "nothing",
        ScalarNode scalar => ConfigurationProblem.Quote(scalar.Text),
        _ => "this",
    };

    private static bool IsNull(ConfigurationNode node) => node is ScalarNode { IsNull: true };

    private Scope ScopeOf(string path)
    {
        for (var end = path.Length; end > 0; end = path.AsSpan(0, end).LastIndexOfAny('.', '['))
        {
            if (_scopes.TryGetValue(path[..end], out var scope))
            {
                return scope;
            }
        }

        return _scopes[string.Empty];
    }

    private bool IsWithinExcused(string path)
    {
        for (var end = path.LastIndexOfAny(['.', '[']); end > 0; end = path.AsSpan(0, end).LastIndexOfAny('.', '['))
        {
            var parent = ScopeOf(path[..end]);
            if (path[..end] is var outer && outer.Length > parent.Path.Length && parent.IsWrong(parent.KeyOf(outer)))
            {
                return true;
            }
        }

        return false;
    }

    private void Read(Scope scope, MappingNode node)
    {
        _scopes[scope.Path] = scope;
        ReadEntries(scope, KeyTree.Of(scope.Shape), scope.Shape.SettingsOf(scope.Part), node, scope.Path, scope.Place);
        foreach (var child in scope.Shape.Children.Where(child => child.IsRequired && node.Find(KeyAdvisor.MergeKey) is null && !_positions.ContainsKey(KeyAdvisor.Join(scope.Path, child.Key)) && !scope.IsExcused(child.Key)))
        {
            Fail(scope, node.Position, KeyAdvisor.Join(scope.Path, child.Key), $"the key is missing; expected {Expected(child)}");
        }
    }

    private static string Expected(ConfigurationChild child) => child.Form switch
    {
        ConfigurationForm.One => "a mapping",
        ConfigurationForm.List => "a list of mappings",
        _ => "a mapping of names to mappings",
    };

    private void ReadEntries(Scope scope, KeyTree keys, object settings, MappingNode node, string path, string place)
    {
        var first = new Dictionary<string, TextPosition>();
        foreach (var (key, position, value) in node.Entries)
        {
            var keyPath = KeyAdvisor.Join(path, key);
            if (!first.TryAdd(key, position))
            {
                Fail(scope, position, keyPath, $"the key is there twice, first at {first[key]}; expected it once");
                continue;
            }

            if (keys.Find(key) is { } found)
            {
                _positions[keyPath] = position;
                ReadEntry(scope, found, settings, value, keyPath, KeyAdvisor.Join(place, key));
            }
            else if (key != KindKey || scope.Shape.Kind is null || path != scope.Path)
            {
                ReadUnknown(scope, keys, new(key, position, value), path, place);
            }
        }
    }

    private void ReadEntry(Scope scope, KeyTree found, object settings, ConfigurationNode value, string path, string place)
    {
        if (value is InvalidNode invalid)
        {
            Fail(scope, value.Position, path, invalid.Problem);
        }
        else if (IsNull(value))
        {
            // A key without a value is one that is not there.
            _positions.Remove(path);
        }
        else if (found.Option is { } option)
        {
            var used = values.UsedVariables.Count;
            if (values.Read(option, settings, value) is { } problem)
            {
                Fail(scope, problem.Position, path, problem.Message);
            }
            else if (values.UsedVariables.Count > used)
            {
                _variables[path] = string.Join(", ", values.UsedVariables.Skip(used).Distinct());
            }
        }
        else if (found.Child is { } child)
        {
            ReadChild(scope, child, value, path, place);
        }
        else if (value is MappingNode mapping)
        {
            ReadEntries(scope, found, settings, mapping, path, place);
        }
        else
        {
            Fail(scope, value.Position, path, $"expected a mapping with {(found.Keys.Count == 1 ? "the key" : "keys such as")} {string.Join(", ", found.Keys.Take(MostKeys))}, not {NameOf(value)}");
        }
    }

    private void ReadUnknown(Scope scope, KeyTree keys, MappingEntry entry, string parent, string place)
    {
        var path = KeyAdvisor.Join(parent, entry.Key);
        if (OriginalKeys.Find(KeyAdvisor.Join(place, entry.Key)) is not { } original)
        {
            var message = KeyAdvisor.Of(shape).Describe(entry.Key, place, scope.Shape.Kind, keys.Keys, out var meant);
            Fail(scope, entry.Position, path, message);
            _isMerged |= entry.Key == KeyAdvisor.MergeKey;
            scope.Expect(meant is null ? null : KeyAdvisor.Join(parent, meant));
            return;
        }

        var top = original.TopKey is { } key ? KeyTree.Of(shape).Find(key) : null;
        if (top is null || (original.IsWarning && _root!.Find(original.TopKey!) is not null))
        {
            Report(original);
        }
        else
        {
            if (!original.IsWarning)
            {
                Report(original);
            }

            _positions[original.TopKey!] = entry.Position;
            ReadEntry(_top!, top, _top!.Part, entry.Value, original.TopKey!, original.TopKey!);
        }

        void Report(OriginalKey original)
        {
            if (original.IsWarning)
            {
                problems.Warn(entry.Position, path, original.Message);
            }
            else
            {
                Fail(scope, entry.Position, path, original.Message);
            }
        }
    }

    private void ReadChild(Scope scope, ConfigurationChild child, ConfigurationNode value, string path, string place)
    {
        place += KeyAdvisor.SuffixOf(child.Form);
        switch (child.Form, value)
        {
            case (ConfigurationForm.One, MappingNode mapping):
                ReadPart(scope, child, mapping, path, place, string.Empty);
                break;

            case (ConfigurationForm.List, SequenceNode list):
                for (var i = 0; i < list.Items.Count; i++)
                {
                    ReadItem(scope, child, list.Items[i], string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"), place, string.Empty);
                }

                break;

            case (ConfigurationForm.Map, MappingNode map):
                var first = new Dictionary<string, TextPosition>();
                foreach (var (name, position, part) in map.Entries)
                {
                    if (!first.TryAdd(name, position))
                    {
                        Fail(scope, position, KeyAdvisor.Join(path, name), $"the key is there twice, first at {first[name]}; expected it once");
                    }
                    else
                    {
                        ReadItem(scope, child, part, KeyAdvisor.Join(path, name), place, name);
                    }
                }

                break;

            default:
                Fail(scope, value.Position, path, $"expected {Expected(child)}, not {NameOf(value)}");
                break;
        }
    }

    private void ReadItem(Scope scope, ConfigurationChild child, ConfigurationNode item, string path, string place, string name)
    {
        _positions[path] = item.Position;
        if (item is not MappingNode mapping || !ReadPart(scope, child, mapping, path, place, name))
        {
            if (item is not MappingNode)
            {
                Fail(scope, item.Position, path, item is InvalidNode invalid ? invalid.Problem : $"expected a mapping, not {NameOf(item)}");
            }

            // So that the items of the model are counted as those of the file.
            child.Add(scope.Part, child.Parts[0], name);
        }
    }

    private bool ReadPart(Scope scope, ConfigurationChild child, MappingNode node, string path, string place, string name)
    {
        if (Choose(scope, child, node, path) is not { } part)
        {
            return false;
        }

        Read(new Scope(part, child.Add(scope.Part, part, name), path, place), node);
        return true;
    }

    private ConfigurationPart? Choose(Scope scope, ConfigurationChild child, MappingNode node, string path)
    {
        if (child.Parts is [{ Kind: null } only])
        {
            return only;
        }

        var kinds = child.Parts.Select(static part => part.Kind!).ToList();
        var entry = node.Entries.FirstOrDefault(static entry => entry.Key == KindKey);
        var kindPath = KeyAdvisor.Join(path, KindKey);
        if (entry is null || IsNull(entry.Value))
        {
            if (child.DefaultKind is null)
            {
                Fail(scope, node.Position, kindPath, $"the key is missing; expected {ValueReader.OneOf(kinds)}");
                scope.Excuse(path);
            }

            return child.Parts.FirstOrDefault(part => part.Kind == child.DefaultKind);
        }

        _positions[kindPath] = entry.Position;
        var text = values.TextOf(entry.Value, ValueReader.OneOf(kinds), out var problem);
        if (text is not null && child.Parts.FirstOrDefault(part => part.Kind == text) is { } chosen)
        {
            return chosen;
        }

        var meant = text is null ? null : Suggestion.Find(text, kinds);
        Fail(scope, entry.Value.Position, kindPath, problem ?? $"{ValueReader.Quote(entry.Value)}: expected {ValueReader.OneOf(kinds)}{(meant is null ? string.Empty : $"; did you mean {meant}?")}");
        scope.Excuse(path);
        return null;
    }

    private void Fail(Scope scope, TextPosition position, string path, string message)
    {
        problems.Error(position, path, message);
        scope.Excuse(path);
    }

    /// <summary>A part that is being read.</summary>
    /// <param name="Shape">Its shape.</param>
    /// <param name="Part">Its object.</param>
    /// <param name="Path">Its path in the file, such as <c>routers[0]</c>.</param>
    /// <param name="Place">Its place in any file, such as <c>routers[]</c>.</param>
    private sealed record Scope(ConfigurationPart Shape, object Part, string Path, string Place)
    {
        private readonly HashSet<string> _wrong = [];
        private readonly HashSet<string> _misspelt = [];

        /// <summary>True if a value of the part has an error.</summary>
        public bool HasErrors => _wrong.Count > 0;

        /// <summary>Remembers a value that has an error.</summary>
        /// <param name="path">The path of the value in the file.</param>
        public void Excuse(string path) => _wrong.Add(KeyOf(path));

        /// <summary>Remembers a key that is there under a wrong name.</summary>
        /// <param name="path">The path of the key; null if none was meant.</param>
        public void Expect(string? path) => _misspelt.Add(path is null ? string.Empty : KeyOf(path));

        /// <summary>Returns true if a value has an error.</summary>
        /// <param name="key">The path of the value within the part.</param>
        public bool IsWrong(string key) => _wrong.Contains(key);

        /// <summary>Returns true if a value has an error, or its key is there under a wrong name.</summary>
        /// <param name="key">The path of the value within the part.</param>
        public bool IsExcused(string key) => IsWrong(key) || (key.Length > 0 && _misspelt.Contains(key));

        /// <summary>Gets the path of a value within the part.</summary>
        public string KeyOf(string path) => path[(Path.Length == 0 ? 0 : Math.Min(path.Length, Path.Length + 1))..];
    }
}
