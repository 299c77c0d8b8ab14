"""The intake form as data: `kinds` of questions, the `steps`, what one person is `asked`, `reading` of answers."""
