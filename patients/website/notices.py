"""The notice of help with language, in the languages themselves: who needs it may read no other.

Fixed texts, not of the message catalogues, since they are in more languages than the pages.
"""

# (language, direction, text)
NOTICES = (
    ("en", "ltr", "If you speak English, help with language is free of charge. Call or write to any of our offices."),
    ("es", "ltr", "Si habla español, tiene a su disposición ayuda gratuita con el idioma. Llame o escriba a cualquiera de nuestras oficinas."),
    ("ar", "rtl", "إذا كنت تتحدث العربية، فالمساعدة اللغوية متاحة لك مجانًا. اتصل بأي من مكاتبنا أو اكتب إليه."),
    ("zh-hans", "ltr", "如果您说中文，我们免费为您提供语言协助。请致电或写信给我们的任何一个办事处。"),
    ("zh-hant", "ltr", "如果您說中文，我們免費為您提供語言協助。請致電或寫信給我們的任何一個辦事處。"),
    ("fr", "ltr", "Si vous parlez français, une aide linguistique gratuite est à votre disposition. Appelez l’un de nos bureaux ou écrivez-lui."),
    ("id", "ltr", "Jika Anda berbicara bahasa Indonesia, bantuan bahasa tersedia gratis. Hubungi atau tulis ke kantor kami yang mana pun."),
    ("pt-br", "ltr", "Se você fala português, há ajuda gratuita com o idioma. Ligue ou escreva para qualquer um dos nossos escritórios."),
    ("ru", "ltr", "Если вы говорите по-русски, языковая помощь предоставляется бесплатно. Позвоните или напишите в любой из наших офисов."),
    ("de", "ltr", "Wenn Sie Deutsch sprechen, erhalten Sie kostenlos sprachliche Hilfe. Rufen Sie eines unserer Büros an oder schreiben Sie ihm."),
    ("it", "ltr", "Se parla italiano, può ricevere gratuitamente assistenza linguistica. Chiami o scriva a uno qualsiasi dei nostri uffici."),
    ("vi", "ltr", "Nếu quý vị nói tiếng Việt, chúng tôi hỗ trợ ngôn ngữ miễn phí. Hãy gọi hoặc viết thư cho bất kỳ văn phòng nào của chúng tôi."),
    ("ko", "ltr", "한국어를 사용하시면 언어 지원을 무료로 받으실 수 있습니다. 저희 사무소 어느 곳으로든 전화하거나 편지를 보내 주십시오."),
    ("ja", "ltr", "日本語を話される方は、無料で言語支援をご利用いただけます。当方のいずれかの事務所にお電話またはご連絡ください。"),
    ("fil", "ltr", "Kung nagsasalita ka ng Filipino, may libreng tulong sa wika. Tumawag o sumulat sa alinman sa aming mga opisina."),
    ("fa", "rtl", "اگر فارسی صحبت می‌کنید، کمک زبانی برای شما رایگان است. با هر یک از دفترهای ما تماس بگیرید یا به آن بنویسید."),
    ("ur", "rtl", "اگر آپ اردو بولتے ہیں تو زبان کی مدد آپ کے لیے مفت دستیاب ہے۔ ہمارے کسی بھی دفتر کو فون کریں یا لکھیں۔"),
    ("hi", "ltr", "यदि आप हिन्दी बोलते हैं, तो भाषा सहायता आपके लिए निःशुल्क उपलब्ध है। हमारे किसी भी कार्यालय को फ़ोन करें या लिखें।"),
    ("tr", "ltr", "Türkçe konuşuyorsanız dil yardımı sizin için ücretsizdir. Ofislerimizden herhangi birini arayın veya yazın."),
    ("uk", "ltr", "Якщо ви розмовляєте українською, мовна допомога надається безкоштовно. Зателефонуйте або напишіть до будь-якого з наших офісів."),
    ("he", "rtl", "אם אתם דוברי עברית, סיוע בשפה ניתן לכם ללא תשלום. התקשרו או כתבו לכל אחד מהמשרדים שלנו."),
    ("hy", "ltr", "Եթե խոսում եք հայերեն, լեզվական օգնությունը ձեզ համար անվճար է։ Զանգահարեք կամ գրեք մեր գրասենյակներից ցանկացածին։"),
)  # fmt: skip
