// Reads YAML with the parser of Kubernetes: one JSON string a line in, its reading as JSON out.
// What cannot be read is answered by {"refused": "why"}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

const longestLine = 64 * 1024 * 1024

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		fmt.Println(read(lines.Bytes()))
	}
}

func read(line []byte) string {
	var text string
	if err := json.Unmarshal(line, &text); err != nil {
		return refused(err)
	}
	found, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		return refused(err)
	}
	return `{"read": ` + string(found) + `}`
}

func refused(err error) string {
	said, _ := json.Marshal(map[string]string{"refused": err.Error()})
	return string(said)
}
